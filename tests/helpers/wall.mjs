// The clock on the wall of an institution at which classes of today can be held at any hour that
// tests run.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

// It lies where it is a little after eleven in the morning now: what begins some hours before or
// ends an hour later is on the same day. Eleven, because zones reach from -12 to +14 hours.
const BEHIND = new Date().getUTCHours() - 11;

/** To be given to the server as PRESENTE_TIME_ZONE. POSIX counts the zones westwards. */
export const TIME_ZONE = `Etc/GMT${BEHIND < 0 ? '-' : '+'}${Math.abs(BEHIND)}`;

/** Day and time there in `minutes` from now: ["2026-09-30", "11:05"]. */
export function wall(minutes) {
    const text = new Date(Date.now() + minutes * MINUTE - BEHIND * HOUR).toISOString();
    return [text.slice(0, 10), text.slice(11, 16)];
}
