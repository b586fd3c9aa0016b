// A class that goes on at this moment in a room with a kiosk, and its students.
import { Client, createPerson } from './client.mjs';
import { wall } from './wall.mjs';

/**
 * `students`: [{name, student_number}]. Gives {admin, teacher, course, room, session, device, code,
 * people}; `code` pairs the kiosk.
 */
export async function startClass(server, students) {
    const admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
    const made = async (path, json) => {
        const { status, body } = await admin.post(path, json);
        if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
        return body;
    };
    const teacher = await createPerson(admin, { email: 'teacher@uni.mx', role: 'teacher' });
    const term = await made('/terms', {
        name: '2026',
        first_day: wall(-40 * 1440)[0],
        last_day: wall(40 * 1440)[0],
    });
    const subject = await made('/subjects', { name: 'Álgebra lineal' });
    const course = await made('/courses', { term_id: term.id, subject_id: subject.id });
    const room = await made('/rooms', { name: 'B-204' });
    const group = await made('/groups', { name: '4B' });
    await admin.put(`/courses/${course.id}/groups/${group.id}`);
    await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`);
    const people = [];
    for (const student of students) {
        const email = `${student.student_number.toLowerCase()}@uni.mx`;
        people.push(await createPerson(admin, { ...student, email, role: 'student', group_id: group.id }));
    }
    const session = await made('/sessions', {
        course_id: course.id,
        room_id: room.id,
        day: wall(-5)[0],
        start_time: wall(-5)[1],
        end_time: wall(60)[1],
    });
    const { device, code } = await made('/devices', { name: 'Puerta B-204', room_id: room.id });
    return { admin, teacher, course, room, session, device, code, people };
}
