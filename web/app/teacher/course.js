// One course: its people and where each stands, its sessions, its calendar.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Icon, Title } from '../ui/parts.js';
import { TabPanel, Tabs } from '../ui/tabs.js';
import { AddSession, Sessions } from './course-sessions.js';
import { People } from './course-people.js';

const joined = (parts) => parts.filter(Boolean).join(' · ');
const names = (list) => list.map(({ name }) => name).join(', ');

const Head = ({ course, user, onAdd }) => html`
    <header class="page-head wrap">
        <${Title} above=${joined([course.subject_code, course.term_name, names(course.groups)])}>
            ${course.name}<//>
        <div class="row wrap">
            <a class="button plain" href=${`#/reports?course=${course.id}`}>
                <${Icon} name="chart-line" />${t('courses.report')}</a>
            <a class="button plain" href=${`courses/${course.id}/calendar`} download>
                <${Icon} name="calendar-days" />${t('courses.calendar')}</a>
            <button class="button plain" onClick=${onAdd}><${Icon} name="plus" />${t('courses.add')}</button>
            ${user.role === 'admin' &&
            html`<a class="button plain" href=${`#/courses/${course.id}/edit`}>
                <${Icon} name="pencil" />${t('courses.edit')}</a>`}
        </div>
    </header>
    ${course.teachers.length > 0 &&
    html`<p class="quiet small">${t('courses.teachers', { names: names(course.teachers) })}</p>`}`;

export function CoursePage({ user, values: { id }, query }) {
    const course = useData(() => get(`courses/${id}`));
    const [tab, setTab] = useState(query.tab === 'sessions' ? 'sessions' : 'people');
    const [adding, setAdding] = useState(false);
    const [turn, setTurn] = useState(0);
    const open = (name) => {
        setTab(name);
        noteInAddress({ tab: name });
    };
    const added = () => {
        setAdding(false);
        setTurn(turn + 1);
        open('sessions');
    };
    const tabs = ['people', 'sessions'].map((name) => ({ id: name, name: t(`courses.tab.${name}`) }));
    return html`
        <div class="page">
            <${DataFrame} of=${course}>${(data) => html`
                <${Head} course=${data} user=${user} onAdd=${() => setAdding(true)} />
                <${Tabs} label=${data.name} tabs=${tabs} current=${tab} onChange=${open} />
                <${TabPanel} current=${tab}>${
                    tab === 'people'
                        ? html`<${People} course=${data} />`
                        : html`<${Sessions} key=${turn} course=${data} />`
                }<//>`}<//>
            ${adding &&
            html`<${AddSession} course=${course.data} onDone=${added}
                onClose=${() => setAdding(false)} />`}
        </div>`;
}
