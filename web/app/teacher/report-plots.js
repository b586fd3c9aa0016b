// The plots of a report: by week, by weekday and hour, by how marks were made.
import { html } from '../base/html.js';
import { dayMonth, number, percent, t, weekdayName } from '../base/text.js';
import { LineChart } from '../ui/chart.js';
import { mondayOfWeek, shareOf, slotsOf, totalOf, weeksOf } from './report-data.js';

const came = (row) => shareOf(row.present + row.late, row);
const inTime = (row) => shareOf(row.present, row);

/** The tenth that leaves some room under the lowest value. */
function floorOf(values) {
    const lowest = Math.min(1, ...values.filter((value) => value !== null));
    return Math.max(0, Math.floor(lowest * 10 - 0.5) / 10);
}

export function ByWeek({ trends }) {
    const weeks = weeksOf(trends);
    if (weeks.length < 2) return html`<p class="quiet">${t('report.week.few')}</p>`;
    const series = [
        { name: t('report.attendance'), colour: '--accent', values: weeks.map(came) },
        { name: t('report.on-time'), colour: '--late', dashed: true, values: weeks.map(inTime) },
    ];
    return html`<${LineChart} label=${t('report.week')} series=${series} format=${(share) => percent(share)}
        names=${weeks.map(({ label }) => dayMonth(mondayOfWeek(label)))}
        low=${floorOf(series.flatMap(({ values }) => values))} />`;
}

const heatOf = (share) => (share >= 0.9 ? 'present' : share >= 0.75 ? 'late' : 'absent');

/** The weekday and hour with the fewest on time, or undefined. */
export const worstSlot = (register) =>
    slotsOf(register).sort((a, b) => inTime(a) - inTime(b) || a.weekday - b.weekday)[0];

/** On time by weekday and hour. */
export function ByHour({ register }) {
    const slots = slotsOf(register);
    const times = [...new Set(slots.map(({ time }) => time))].sort();
    const days = [...new Set(slots.map(({ weekday }) => weekday))].sort();
    if (slots.length === 0) return html`<p class="quiet">${t('report.none')}</p>`;
    const cell = (weekday, time) => {
        const slot = slots.find((one) => one.weekday === weekday && one.time === time);
        if (!slot) return html`<td key=${weekday}></td>`;
        const share = inTime(slot);
        return html`<td key=${weekday} class=${`heat figures ${heatOf(share)}`}
            title=${t('report.of', { n: slot.present, total: slot.present + slot.late + slot.absent })}>
            ${percent(share)}</td>`;
    };
    return html`
        <div class="scroll" tabindex="0" role="region" aria-label=${t('report.hour')}>
        <table class="heat-table">
            <thead><tr><td></td>${days.map(
                (day) => html`<th key=${day} scope="col">${weekdayName(day)}</th>`,
            )}</tr></thead>
            <tbody>${times.map(
                (time) => html`<tr key=${time}><th scope="row" class="figures">${time}</th>
                    ${days.map((day) => cell(day, time))}</tr>`,
            )}</tbody>
        </table></div>`;
}

/** How the marks were made, most first. */
export function ByMethod({ methods }) {
    const { week: _, total, ...counts } = totalOf(methods);
    const nameOf = (key) => methods.columns.find((column) => column.key === key).title;
    const ways = Object.entries(counts).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
    if (ways.length === 0) return html`<p class="quiet">${t('report.none')}</p>`;
    return html`
        <ul class="stack">${ways.map(
            ([key, n]) => html`<li key=${key} class="stack close">
                <span class="row small"><b class="grow">${nameOf(key)}</b>
                    <span class="quiet figures">${t('report.of', { n: number(n), total: number(total) })}
                        ${` = ${percent(n / total)}`}</span></span>
                <span class="bar"><svg class="accent" viewBox="0 0 100 6" aria-hidden="true"
                    preserveAspectRatio="none"><rect width=${(100 * n) / total} height="6" /></svg></span>
            </li>`,
        )}</ul>`;
}
