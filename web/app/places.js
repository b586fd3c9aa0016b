// Every place of the application: its address, whom it is for, what it is called (text
// "place.NAME"), the area whose words it needs, and the module and component that are loaded when
// it is opened. A place with an icon stands in the list of places (of whom `listed` names), under
// its section.

const anybody = () => true;
const signedOut = (user) => !user;
const signedIn = (user) => Boolean(user);
const is = (...roles) => (user) => roles.includes(user?.role);

const STAFF = is('teacher', 'admin');

/** `wide` pages use the whole width of a laptop; `bare` ones have nothing round them; `under` names
 * the place in the list that a page belongs to; `early` ones are shown before it is known which
 * institution this is, and on whose clock. */
export const PLACES = [
    {
        path: '', name: 'mark', icon: 'scan-face', for: (user) => !STAFF(user),
        wide: true, early: true, area: 'common', load: () => import('./student/mark.js'), page: 'MarkPage',
    },
    {
        path: 'mark', name: 'mark', under: 'mark', for: anybody, wide: true, area: 'common',
        load: () => import('./student/mark.js'), page: 'MarkPage',
    },
    {
        path: 'overview', name: 'overview', icon: 'gauge', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/overview.js'), page: 'OverviewPage',
    },
    {
        path: 'live', name: 'live', icon: 'users-round', section: 'register', for: STAFF, wide: true,
        area: 'teacher', load: () => import('./teacher/live.js'), page: 'LivePage',
    },
    {
        path: 'sessions/:id', name: 'session', under: 'live', for: STAFF, wide: true, area: 'teacher',
        load: () => import('./teacher/session.js'), page: 'SessionPage',
    },
    {
        path: 'sessions/:id/photo', name: 'class-photo', under: 'live', for: STAFF, wide: true, area: 'teacher',
        load: () => import('./teacher/session-screens.js'), page: 'ClassPhotoPage',
    },
    {
        path: 'sessions/:id/camera', name: 'session-camera', for: STAFF, bare: true, area: 'teacher',
        load: () => import('./teacher/session-screens.js'), page: 'SessionCameraPage',
    },
    {
        path: 'sessions/:id/projector', name: 'projector', for: STAFF, bare: true, area: 'teacher',
        load: () => import('./teacher/session-screens.js'), page: 'ProjectorPage',
    },
    {
        path: 'people', name: 'people', icon: 'users', section: 'people', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/people.js'), page: 'PeoplePage',
    },
    {
        path: 'people/:id', name: 'person', under: 'people', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/person.js'), page: 'PersonPage',
    },
    {
        path: 'import', name: 'import', icon: 'upload', section: 'people', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/import.js'), page: 'ImportPage',
    },
    {
        path: 'duplicates', name: 'duplicates', icon: 'git-compare', section: 'people', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/people.js'), page: 'DuplicatesPage',
    },
    {
        path: 'lookalikes', name: 'lookalikes', icon: 'users-round', section: 'people', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/people.js'), page: 'LookalikesPage',
    },
    {
        path: 'courses', name: 'courses', icon: 'book-open', section: 'teaching', for: STAFF,
        wide: true, area: 'teacher', load: () => import('./teacher/course.js'), page: 'CoursesPage',
    },
    {
        path: 'courses/:id', name: 'course', under: 'courses', for: STAFF, wide: true, area: 'teacher',
        load: () => import('./teacher/course.js'), page: 'CoursePage',
    },
    {
        path: 'new-course', name: 'new-course', under: 'courses', for: is('admin'),
        area: 'admin', load: () => import('./admin/course-edit.js'), page: 'NewCoursePage',
    },
    {
        path: 'courses/:id/edit', name: 'course-edit', under: 'courses', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/course-edit.js'), page: 'CourseEditPage',
    },
    {
        path: 'groups', name: 'groups', icon: 'users', section: 'teaching', for: is('admin'),
        area: 'admin', load: () => import('./admin/catalogue.js'), page: 'GroupsPage',
    },
    {
        path: 'subjects', name: 'subjects', icon: 'graduation-cap', section: 'teaching', for: is('admin'),
        area: 'admin', load: () => import('./admin/catalogue.js'), page: 'SubjectsPage',
    },
    {
        path: 'rooms', name: 'rooms', icon: 'door-open', section: 'teaching', for: is('admin'),
        area: 'admin', load: () => import('./admin/catalogue.js'), page: 'RoomsPage',
    },
    {
        path: 'terms', name: 'terms', icon: 'calendar-days', section: 'teaching', for: is('admin'),
        area: 'admin', load: () => import('./admin/catalogue.js'), page: 'TermsPage',
    },
    {
        path: 'terms/:id', name: 'term', under: 'terms', for: is('admin'),
        area: 'admin', load: () => import('./admin/catalogue.js'), page: 'TermPage',
    },
    {
        path: 'reports', name: 'reports', icon: 'chart-line', section: 'register', for: STAFF,
        wide: true, area: 'teacher', load: () => import('./teacher/report.js'), page: 'ReportPage',
    },
    {
        path: 'reports/student', name: 'reports', under: 'reports', for: STAFF, wide: true,
        area: 'teacher', load: () => import('./teacher/report-student.js'), page: 'StudentReportPage',
    },
    {
        path: 'reviews', name: 'reviews', icon: 'eye', section: 'register', for: STAFF, wide: true,
        area: 'teacher', load: () => import('./teacher/correct.js'), page: 'ReviewsPage',
    },
    {
        path: 'disputes', name: 'disputes', icon: 'message-circle', section: 'register', for: STAFF,
        area: 'teacher', load: () => import('./teacher/correct.js'), page: 'DisputesPage',
    },
    {
        path: 'today', name: 'today', for: STAFF, wide: true, area: 'teacher',
        load: () => import('./teacher/live.js'), page: 'TodayPage',
    },
    {
        path: 'timetable', name: 'timetable', icon: 'clock', section: 'teaching', for: signedIn,
        listed: STAFF, wide: true, area: 'teacher',
        load: () => import('./teacher/timetable.js'), page: 'TimetablePage',
    },
    {
        path: 'risk', name: 'risk', icon: 'flag', section: 'register', for: STAFF, wide: true,
        area: 'teacher', load: () => import('./teacher/report-student.js'), page: 'RiskPage',
    },
    {
        path: 'day', name: 'day', icon: 'calendar-check', for: is('student'), area: 'student',
        load: () => import('./student/attendance.js'), page: 'DayPage',
    },
    {
        path: 'policies', name: 'policies', icon: 'sliders-horizontal', section: 'teaching', for: is('admin'),
        area: 'admin', load: () => import('./admin/policies.js'), page: 'PoliciesPage',
    },
    {
        path: 'devices', name: 'devices', icon: 'tablet', section: 'system', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/devices.js'), page: 'DevicesPage',
    },
    {
        path: 'mail', name: 'mail', icon: 'mail', section: 'system', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/mail.js'), page: 'MailPage',
    },
    {
        path: 'audit', name: 'audit', icon: 'scroll-text', section: 'system', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/audit.js'), page: 'AuditPage',
    },
    {
        path: 'settings', name: 'settings', icon: 'settings', section: 'system', for: is('admin'),
        wide: true, area: 'admin', load: () => import('./admin/settings.js'), page: 'SettingsPage',
    },
    {
        path: 'health', name: 'health', icon: 'server', section: 'system', for: is('admin'), wide: true,
        area: 'admin', load: () => import('./admin/health.js'), page: 'HealthPage',
    },
    {
        path: 'history', name: 'history', icon: 'calendar-days', for: signedIn,
        listed: is('student', 'teacher'), area: 'student',
        load: () => import('./student/attendance.js'), page: 'HistoryPage',
    },
    {
        path: 'me', name: 'me', icon: 'user-round', section: 'system', for: signedIn, area: 'student',
        load: () => import('./account/me.js'), page: 'MePage',
    },
    {
        path: 'register', name: 'register', icon: 'user-plus', for: signedOut, area: 'common',
        load: () => import('./account/register.js'), page: 'RegisterPage',
    },
    {
        path: 'sign-in', name: 'sign-in', icon: 'log-in', for: signedOut, early: true, area: 'common',
        load: () => import('./account/sign-in.js'), page: 'SignInPage',
    },
    {
        path: 'forgot', name: 'forgot', for: signedOut, early: true, area: 'common',
        load: () => import('./account/sign-in.js'), page: 'ForgotPage',
    },
    {
        path: 'password', name: 'password', for: anybody, early: true, area: 'common',
        load: () => import('./account/sign-in.js'), page: 'PasswordPage',
    },
    {
        path: 'unsubscribe', name: 'unsubscribe', for: anybody, early: true, area: 'common',
        load: () => import('./account/sign-in.js'), page: 'UnsubscribePage',
    },
];

const HOMES = { student: 'day', teacher: 'live', admin: 'overview' };

/** Where somebody begins after signing in. */
export const homeOf = (user) => HOMES[user.role];
