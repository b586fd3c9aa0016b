// What a report on the screen is made of: several reports of the server about the same people and
// days. Nothing is reckoned here that the server reckons.
import { get } from '../base/api.js';
import { currentLanguage, dayAfter } from '../base/text.js';

const SESSION = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d) (\S+)$/;

export const scopeOf = ({ group, course, subject }) => ({ group, course, subject });
export const isChosen = ({ group, course, subject }) => Boolean(group || course || subject);

/** As many days, just before. */
function daysBefore({ from, to }) {
    const days = 1 + (Date.parse(to) - Date.parse(from)) / 86_400_000;
    return { from: dayAfter(from, -days), to: dayAfter(from, -1) };
}

export async function askReport(choice) {
    const scope = { ...scopeOf(choice), language: currentLanguage() };
    const period = { from: choice.from, to: choice.to };
    const ask = (name, days) => get(`reports/${name}`, { ...scope, ...days });
    const names = ['register', 'summary', 'trends', 'methods', 'late', 'corrections'];
    const [risk, before, ...answers] = await Promise.all([
        ask('at-risk'),
        ask('summary', daysBefore(period)),
        ...names.map((name) => ask(name, period)),
    ]);
    return { risk, before, ...Object.fromEntries(names.map((name, i) => [name, answers[i]])) };
}

/** The sessions of a register: [{key, id, day, time, course}]. */
export const sessionsOf = (register) =>
    register.columns.flatMap(({ key, group }) => {
        const [, day, time, id] = SESSION.exec(key) ?? [];
        return id ? [{ key, id, day, time, course: group }] : [];
    });

/** What a report adds up to at its end; {} when it has nothing in it. */
export const totalOf = (report) => report.summary.at(-1) ?? {};

/** The rows of the weeks, weekdays or hours: the server gives one after the other. */
export function weeksOf(trends) {
    return trends.rows.filter(({ label }) => /^\d{4}-W\d\d$/.test(label));
}

/** The share of those who came that were on time, or came at all; null where nobody counts. */
export const shareOf = (n, { present, late, absent }) =>
    present + late + absent ? n / (present + late + absent) : null;

export function sumOf(rows) {
    const sum = { present: 0, late: 0, absent: 0, excused: 0 };
    for (const row of rows) for (const status of Object.keys(sum)) sum[status] += row[status];
    return sum;
}

/** [{weekday: 0…6 from Monday, time, present, late, absent}] of the sessions' weekdays and hours. */
export function slotsOf(register) {
    const slots = new Map();
    for (const { key, day, time } of sessionsOf(register)) {
        const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
        const name = `${weekday} ${time}`;
        const slot = slots.get(name) ?? { weekday, time, present: 0, late: 0, absent: 0 };
        for (const row of register.rows) if (row[key] in slot) slot[row[key]]++;
        slots.set(name, slot);
    }
    return [...slots.values()].filter(({ present, late, absent }) => present + late + absent > 0);
}

/** The Monday of an ISO week such as 2026-W40. */
export function mondayOfWeek(label) {
    const [year, week] = label.split('-W').map(Number);
    const fourth = new Date(Date.UTC(year, 0, 4));
    const first = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * 86_400_000;
    return new Date(first + (week - 1) * 7 * 86_400_000).toISOString().slice(0, 10);
}
