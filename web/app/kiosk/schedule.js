// Which session takes marks, by what the server said last.

const DAY_MS = 86_400_000;

const holds = (session, now) =>
    session && Date.parse(session.opens_at) <= now && now <= Date.parse(session.closes_at);

/** The session that takes marks at this moment, or null. */
export const sessionAt = ({ session, next }, now) =>
    [session, next].find((one) => holds(one, now)) ?? null;

/** The one that comes, or null. */
export const nextAt = ({ next }, now) => (next && now < Date.parse(next.opens_at) ? next : null);

/** A kiosk of no room and course is for everybody, always. */
const isBound = ({ device }) => Boolean(device.room || device.course);

/** Whether marks are taken. While the server is away, what is not known counts as open: better an
 * entry that is refused later than somebody who was there and has no mark. */
export function openAt(kiosk, now, away) {
    if (!isBound(kiosk) || sessionAt(kiosk, now)) return true;
    if (!away) return false;
    if (kiosk.next) return now > Date.parse(kiosk.next.closes_at);
    return now - Date.parse(kiosk.time) > DAY_MS;
}
