// Every place of the application: its address, whom it is for, what it is called (text
// "place.NAME"), the area whose words it needs, and the module and component that are loaded when
// it is opened. A place with an icon stands in the list of places, under its section.

const anybody = () => true;
const signedOut = (user) => !user;
const signedIn = (user) => Boolean(user);
const is = (...roles) => (user) => roles.includes(user?.role);

const STAFF = is('teacher', 'admin');

/** `wide` pages use the whole width of a laptop; `bare` ones have nothing round them. */
export const PLACES = [
    {
        path: '', name: 'mark', icon: 'scan-face', for: anybody, wide: true, area: 'common',
        load: () => import('./student/mark.js'), page: 'MarkPage',
    },
    {
        path: 'today', name: 'today', icon: 'users-round', for: STAFF, wide: true, area: 'teacher',
        load: () => import('./teacher/today.js'), page: 'TodayPage',
    },
    {
        path: 'day', name: 'day', icon: 'calendar-check', for: is('student'), area: 'student',
        load: () => import('./student/day.js'), page: 'DayPage',
    },
    {
        path: 'history', name: 'history', icon: 'calendar-days', for: signedIn, area: 'student',
        load: () => import('./student/history.js'), page: 'HistoryPage',
    },
    {
        path: 'me', name: 'me', icon: 'user-round', for: signedIn, area: 'student',
        load: () => import('./account/me.js'), page: 'MePage',
    },
    {
        path: 'register', name: 'register', icon: 'user-plus', for: signedOut, area: 'common',
        load: () => import('./account/register.js'), page: 'RegisterPage',
    },
    {
        path: 'sign-in', name: 'sign-in', icon: 'log-in', for: signedOut, area: 'common',
        load: () => import('./account/sign-in.js'), page: 'SignInPage',
    },
    {
        path: 'forgot', name: 'forgot', for: signedOut, area: 'common',
        load: () => import('./account/password.js'), page: 'ForgotPage',
    },
    {
        path: 'password', name: 'password', for: anybody, area: 'common',
        load: () => import('./account/password.js'), page: 'PasswordPage',
    },
    {
        path: 'unsubscribe', name: 'unsubscribe', for: anybody, area: 'common',
        load: () => import('./account/unsubscribe.js'), page: 'UnsubscribePage',
    },
];

const HOMES = { student: 'day', teacher: 'today', admin: 'today' };

/** Where somebody begins after signing in. */
export const homeOf = (user) => HOMES[user.role];
