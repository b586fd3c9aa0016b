// How the installation is doing: what works, what waits, how much room there is, what goes next.
import { get } from '../base/api.js';
import { html, number, shortTime, t } from '../base/page.js';
import { DataFrame, useData } from '../ui/list.js';
import { Icon, Numbers, Title } from '../ui/parts.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const DAY_S = 86_400;
// A nightly backup may be late by some hours; less room than this fills in a bad week.
const BACKUP_LATE_S = 2 * DAY_S;
const ROOM_LITTLE = 2e9;

/** Bytes in the largest unit that leaves a number above one. */
function bytesText(bytes) {
    const step = bytes > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
    return `${number(bytes / 1000 ** step, step > 2 ? 1 : 0)}\u00a0${UNITS[step]}`;
}

const room = (bytes) => (bytes === null ? null : { text: t('health.room', { size: bytesText(bytes) }), well: bytes > ROOM_LITTLE });

function backupLine({ last_at: at, age_seconds: age }) {
    if (!at) return { text: t('health.backup.none'), well: false };
    return { text: t('health.backup.last', { when: shortTime(at) }), well: age < BACKUP_LATE_S };
}

/** [{name, lines: [{text, well}]}]: a part is well when all of its lines are. */
function partsOf({ database, images, faces, mail, backup, audit }) {
    const well = (text, good = true) => ({ text, well: good });
    return [
        {
            name: t('health.database'),
            lines: [
                well(t('health.database.text', { engine: database.engine, ms: number(database.answer_ms, 1), schema: database.schema })),
                room(database.free_bytes),
            ],
        },
        {
            name: t('health.faces'),
            lines: [
                faces.state === 'ok'
                    ? well(t('health.faces.text', { people: number(faces.people), photos: number(faces.photos) }))
                    : well(t('health.faces.off', { reason: faces.reason ?? '' }), false),
            ],
        },
        {
            name: t('health.images'),
            lines: images.kept
                ? [
                      well(
                          t(images.store === 'ok' ? 'health.images.text' : 'health.images.away', { n: number(images.count), size: bytesText(images.bytes) }),
                          images.store === 'ok',
                      ),
                      room(images.free_bytes),
                  ]
                : [well(t('health.images.none'))],
        },
        {
            name: t('health.mail'),
            href: '#/mail?state=dead',
            lines: mail.configured
                ? [well(t('health.mail.text', { waiting: number(mail.waiting), failed: number(mail.failed) }), mail.failed === 0)]
                : [well(t('health.mail.none'), false)],
        },
        { name: t('health.backup'), lines: [backupLine(backup)] },
        {
            name: t('health.audit'),
            href: '#/audit',
            lines: [well(t('health.audit.text', { n: number(audit.entries), pending: number(audit.pending) }))],
        },
    ];
}

function Part({ name, href, lines }) {
    const said = lines.filter(Boolean);
    const good = said.every((line) => line.well);
    return html`
        <li class="card stack close">
            <h2 class="row"><span class=${`sign-small ${good ? 'good' : 'warn'}`}>
                <${Icon} name=${good ? 'check' : 'triangle-alert'} size="small" /></span>
                ${href ? html`<a href=${href}>${name}</a>` : name}
                <span class="unseen">${t(good ? 'health.good' : 'health.look')}</span></h2>
            ${said.map(({ text, well }) => html`<p class=${`small ${well ? 'quiet' : 'bad-line'}`} key=${text}>${text}</p>`)}
        </li>`;
}

const GOING = ['mark_pictures', 'reviews', 'audit_entries', 'people'];

const Next = ({ retention }) => html`
    <section class="card stack close">
        <h2>${t('health.next')}</h2>
        <p class="quiet small">${retention.last_run_at
            ? t('health.next.last', { when: shortTime(retention.last_run_at) })
            : t('health.next.never')} <a href="#/settings?tab=retention">${t('health.next.change')}</a></p>
        <ul>${GOING.map(
            (name) => html`<li key=${name} class="small figures">
                ${t(`health.next.${name}`, { n: retention.next[name] })}</li>`,
        )}</ul>
    </section>`;

const COUNTS = ['people', 'courses', 'marks', 'groups'];

export function HealthPage() {
    const status = useData(() => get('system/status'));
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.health')}<//>
                <button class="button plain icon-only" aria-label=${t('health.refresh')} onClick=${status.refresh}>
                    <${Icon} name="refresh-cw" /></button></header>
            <${DataFrame} of=${status}>${(data) => html`
                <${Numbers} items=${COUNTS.map((name) => ({ name: t(`health.count.${name}`), value: number(data.counts[name]) }))} />
                <ul class="cards">${partsOf(data).map((part) => html`<${Part} key=${part.name} ...${part} />`)}</ul>
                <${Next} retention=${data.retention} />
                <p class="tiny">Presente ${data.version} · ${shortTime(data.time)}</p>`}<//>
        </div>`;
}
