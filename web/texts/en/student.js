// English: a student's own pages.
export default {
    'history.title': 'My attendance',
    'history.empty': 'Nothing yet. Your first mark appears here.',
    'history.empty.button': 'Mark attendance',
    'history.count': '{n, plural, one {One mark} other {# marks}}',
    'history.sum': '{present} present and {late} late of the {n} marks shown.',

    'me.email': 'E-mail',
    'me.group': 'Group',
    'me.role.admin': 'Administrator',
    'me.role.teacher': 'Teacher',
    'me.role.student': 'Student',
    'me.faces': 'Face',
    'me.faces.count': '{n, plural, =0 {No photos yet} one {Known from one photo} other {Known from # photos}}',
    'me.faces.waits': 'Somebody looks at your photos first.',
    'me.none': 'None',
};
