// Español: a student's own pages.
export default {
    'history.title': 'Mi asistencia',
    'history.empty': 'Todavía no hay nada. Aquí aparecerá tu primera marca.',
    'history.empty.button': 'Marcar asistencia',
    'history.count': '{n, plural, one {Una marca} other {# marcas}}',
    'history.sum': '{present} a tiempo y {late} con retardo, de las {n} marcas que se muestran.',

    'me.email': 'Correo',
    'me.group': 'Grupo',
    'me.role.admin': 'Administración',
    'me.role.teacher': 'Profesor',
    'me.role.student': 'Estudiante',
    'me.faces': 'Cara',
    'me.faces.count': '{n, plural, =0 {Aún sin fotos} one {Conocida por una foto} other {Conocida por # fotos}}',
    'me.faces.waits': 'Alguien revisa antes tus fotos.',
    'me.none': 'Ninguno',
};
