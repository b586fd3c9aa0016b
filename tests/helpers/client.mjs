// A small client of the API for tests: one person's session, JSON in and out.

/** What came back: status, headers, and the body as JSON (or text when it is none). */
async function read(answer) {
    const text = await answer.text();
    let body = text;
    try {
        body = text ? JSON.parse(text) : null;
    } catch {
        // Not JSON: the text stands.
    }
    return { status: answer.status, headers: answer.headers, body };
}

export class Client {
    constructor(url, token = null) {
        this.url = url;
        this.token = token;
    }

    async send(method, path, { json, form, body, headers = {} } = {}) {
        const sent = { ...headers };
        if (this.token) sent.Authorization = `Bearer ${this.token}`;
        if (json !== undefined) sent['Content-Type'] = 'application/json';
        return read(
            await fetch(this.url + path, {
                method,
                headers: sent,
                body: json !== undefined ? JSON.stringify(json) : (form ?? body),
                redirect: 'manual',
            }),
        );
    }

    get(path, options) {
        return this.send('GET', path, options);
    }
    post(path, json, options) {
        return this.send('POST', path, { json, ...options });
    }
    patch(path, json) {
        return this.send('PATCH', path, { json });
    }
    put(path, json) {
        return this.send('PUT', path, { json });
    }
    delete(path) {
        return this.send('DELETE', path);
    }

    /** A multipart form: values as texts, photos (Buffers) under `image`. */
    submit(path, values, photos = []) {
        const form = new FormData();
        for (const [name, value] of Object.entries(values)) form.append(name, value);
        for (const photo of photos) form.append('image', new Blob([photo]), 'photo.jpg');
        return this.send('POST', path, { form });
    }

    /** Another client, signed in as this person. */
    async signIn(email, password) {
        const { status, body } = await new Client(this.url).post('/login', { email, password });
        if (status !== 200) throw new Error(`sign-in of ${email}: ${status} ${JSON.stringify(body)}`);
        const client = new Client(this.url, body.token);
        client.user = body.user;
        return client;
    }
}

export const PASSWORD = 'correct horse 42';

/** Creates a person as `admin` and signs in as them. */
export async function createPerson(admin, { email, role, name = email, ...rest }) {
    const made = await admin.post('/signup', { name, email, role, password: PASSWORD, ...rest });
    if (made.status !== 201) throw new Error(`${email}: ${made.status} ${JSON.stringify(made.body)}`);
    return admin.signIn(email, PASSWORD);
}
