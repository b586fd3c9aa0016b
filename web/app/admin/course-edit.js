// Making and changing a course: what is taught, to which groups, by whom, by which rules and when.
import { get, patch, post, put, remove, troubleText } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { go } from '../base/router.js';
import { t, today } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm } from '../ui/dialog.js';
import { Field, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Icon, Title, WorkButton } from '../ui/parts.js';
import { PersonPicker } from '../ui/search.js';
import { toast } from '../ui/toast.js';
import { Named } from './course-parts.js';
import { Slots } from './course-slots.js';
import { Options, useAll } from './people-parts.js';

const What = ({ form }) => {
    const subjects = useAll('subjects');
    const policies = useAll('policies');
    return html`
        <${SelectField} ...${form.field('subject_id')} label=${t('course.subject')}
            hint=${subjects.length === 0 && html`<a href="#/subjects">${t('course.subject.none')}</a>`}>
            <${Options} items=${subjects} none=${t('person.choose')} /><//>
        <${Field} ...${form.field('name')} label=${t('course.name')} hint=${t('course.name.hint')}
            autocomplete="off" />
        <${SelectField} ...${form.field('policy_id')} label=${t('course.policy')}
            hint=${t('course.policy.hint')}>
            <${Options} items=${policies} none=${t('course.policy.none')} /><//>`;
};

const checkWhat = ({ subject_id: subject }) => (subject ? {} : { subject_id: t('field.required') });

/** The term of today, or the newest. */
const termOfToday = (terms) =>
    terms.find((term) => term.first_day <= today() && today() <= term.last_day) ?? terms[0];

function NewCourse({ terms, term }) {
    const form = useForm(
        { term_id: term ?? termOfToday(terms)?.id ?? '', subject_id: '', name: '', policy_id: '' },
        {
            check: (values) => ({
                ...(values.term_id ? {} : { term_id: t('field.required') }),
                ...checkWhat(values),
            }),
            send: async (values) => {
                const given = Object.entries(values).filter(([, value]) => value);
                const course = await post('courses', Object.fromEntries(given));
                toast(t('course.made'));
                go(`courses/${course.id}/edit`);
            },
        },
    );
    return html`
        <form class="card form" ...${form.form}>
            <${SelectField} ...${form.field('term_id')} label=${t('course.term')}
                hint=${terms.length === 0 && html`<a href="#/terms">${t('course.term.none')}</a>`}>
                <${Options} items=${terms} none=${t('person.choose')} /><//>
            <${What} form=${form} />
            <${FormTrouble} trouble=${form.trouble} />
            <${WorkButton} type="submit" working=${form.working}>${t('course.make')}<//>
            <p class="tiny">${t('course.next')}</p>
        </form>`;
}

export function NewCoursePage({ query }) {
    const terms = useData(() => get('terms', { limit: 200 }));
    return html`
        <div class="page">
            <header class="page-head"><${Title} above=${t('place.courses')}>${t('course.new')}<//></header>
            <${DataFrame} of=${terms}>${({ items }) => html`<${NewCourse} terms=${items}
                term=${query.term} />`}<//>
        </div>`;
}

function Facts({ course, onSaved }) {
    const { subject_id, name, policy_id } = course;
    const form = useForm(
        { subject_id, name, policy_id: policy_id ?? '' },
        {
            check: checkWhat,
            send: async (values) => {
                const named = values.name.trim() || course.subject_name;
                await patch(`courses/${course.id}`, { ...values, name: named, policy_id: values.policy_id || null });
                toast(t('app.saved'));
                onSaved();
            },
        },
    );
    return html`
        <section class="card stack"><h2>${t('course.what')}</h2>
            <form class="form" ...${form.form}>
                <${What} form=${form} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" class="button" working=${form.working}>${t('app.save')}<//>
            </form>
        </section>`;
}

function Who({ course, onSaved }) {
    const groups = useAll('groups');
    const free = groups.filter(({ id }) => !course.groups.some((one) => one.id === id));
    async function change(call, path) {
        const said = (trouble) => toast(t(troubleText(trouble)), { kind: 'warn' });
        await call(`courses/${course.id}/${path}`).catch(said);
        onSaved();
    }
    return html`
        <section class="card stack"><h2>${t('course.groups')}</h2>
            <${Named} items=${course.groups} onRemove=${({ id }) => change(remove, `groups/${id}`)} />
            <${SelectField} name="add-group" label=${t('course.groups.add')} value=""
                onInput=${({ target }) => target.value && change(put, `groups/${target.value}`)}>
                <${Options} items=${free} none=${t('person.choose')} /><//>
        </section>
        <section class="card stack"><h2>${t('course.teachers')}</h2>
            <${Named} items=${course.teachers} onRemove=${({ id }) => change(remove, `teachers/${id}`)} />
            <${PersonPicker} name="add-teacher" label=${t('course.teachers.add')} role="teacher"
                onPick=${({ id }) => change(put, `teachers/${id}`)} />
        </section>`;
}

/** Marks keep a course: then that is said. */
async function removeCourse(course) {
    try {
        await remove(`courses/${course.id}`);
        go('courses');
    } catch (trouble) {
        if (trouble.code !== 'conflict') throw trouble;
        toast(t('course.delete.marks'), { kind: 'warn' });
    }
}

function Course({ course, onSaved }) {
    const [removing, setRemoving] = useState(false);
    return html`
        <a class="link back" href=${`#/courses/${course.id}`}><${Icon} name="arrow-left"
            size="small" /> ${t('course.back')}</a>
        <header class="page-head"><${Title} above=${course.term_name}>${course.name}<//>
            <button class="button plain" onClick=${() => setRemoving(true)}><${Icon}
                name="trash-2" />${t('catalogue.delete')}</button></header>
        <div class="two-columns">
            <div class="stack"><${Slots} course=${course} /><${Who} course=${course} onSaved=${onSaved} /></div>
            <${Facts} course=${course} onSaved=${onSaved} />
        </div>
        ${removing &&
        html`<${Confirm} title=${t('catalogue.delete.title', { name: course.name })}
            text=${t('course.delete.text')} danger
            yes=${t('catalogue.delete')} onYes=${() => removeCourse(course)}
                onClose=${() => setRemoving(false)} />`}`;
}

export function CourseEditPage({ values }) {
    const course = useData(() => get(`courses/${values.id}`));
    return html`
        <div class="page"><${DataFrame} of=${course}>${(data) => html`<${Course} course=${data}
            onSaved=${course.refresh} />`}<//></div>`;
}
