// Español: the pages of teaching.
export default {
    'today.title': 'Lista de hoy',
    'today.title.other': 'Lista del día',
    'today.day': 'Día',
    'today.group': 'Grupo',
    'today.empty': 'Nadie se ha marcado este día todavía.',
    'today.empty.button': 'Abrir la cámara',
    'today.name': 'Nombre',
    'today.count': '{n, plural, =0 {Nadie marcado} one {Una persona marcada} other {# personas marcadas}}',
    'today.refresh': 'Actualizar',
    'today.gone': 'Antiguo alumno',
};
