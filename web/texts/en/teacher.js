// English: the pages of teaching.
export default {
    'today.title': 'Today’s register',
    'today.title.other': 'Register of the day',
    'today.day': 'Day',
    'today.group': 'Group',
    'today.empty': 'Nobody has been marked on this day yet.',
    'today.empty.button': 'Open the camera',
    'today.name': 'Name',
    'today.count': '{n, plural, =0 {Nobody marked} one {One person marked} other {# people marked}}',
    'today.refresh': 'Refresh',
    'today.gone': 'Former student',
};
