// Somebody who listens to server-sent events, over a socket of their own.
import { request } from 'node:http';

/** Splits a stream of text into events: {id, event, data, retry} as the standard reads them. */
export class EventReader {
    constructor(onEvent) {
        this.onEvent = onEvent;
        this.rest = '';
        this.fields = {};
        this.comments = 0;
    }

    write(text) {
        const lines = (this.rest + text).split('\n');
        this.rest = lines.pop();
        for (const line of lines) this.line(line);
    }

    line(line) {
        if (line === '') {
            if ('data' in this.fields) this.onEvent(this.fields);
            this.fields = {};
            return;
        }
        if (line.startsWith(':')) {
            this.comments += 1;
            return;
        }
        const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
        this.fields[name] = name === 'data' && 'data' in this.fields ? `${this.fields.data}\n${value}` : value;
    }
}

/**
 * Listens at `url` + `path`. Gives
 *   status, headers  of the answer, once `ready` is settled
 *   next(name?)      the next event, its data read as JSON; fails unless it is of that name
 *   heard            events that nobody has asked for yet
 *   ended            settled when the stream is over: "end" or "broken"
 *   pause(), resume(), close()
 */
export class Listener {
    constructor(url, path, token, { lastId, cookie } = {}) {
        this.heard = [];
        this.waiting = [];
        this.total = 0;
        const headers = { Accept: 'text/event-stream' };
        if (token) headers.Authorization = `Bearer ${token}`;
        if (cookie) headers.Cookie = cookie;
        if (lastId !== undefined) headers['Last-Event-ID'] = lastId;
        const reader = new EventReader((event) => this.take(event));
        this.reader = reader;
        this.ended = new Promise((resolve) => (this.finish = resolve));
        this.ready = new Promise((resolve, reject) => {
            this.request = request(url + path, { headers, agent: false }, (answer) => {
                this.answer = answer;
                this.status = answer.statusCode;
                this.headers = answer.headers;
                answer.setEncoding('utf8');
                answer.on('data', (text) => reader.write(text));
                answer.on('end', () => this.over('end'));
                answer.on('error', () => this.over('broken'));
                resolve(this);
            });
            this.request.on('error', (problem) => {
                reject(problem);
                this.over('broken');
            });
            this.request.end();
        });
    }

    take(event) {
        this.total += 1;
        this.lastId = event.id ?? this.lastId;
        const heard = { ...event, data: JSON.parse(event.data), at: performance.now() };
        const waiting = this.waiting.shift();
        if (waiting) waiting.resolve(heard);
        else this.heard.push(heard);
    }

    over(how) {
        this.finish(how);
        for (const { reject } of this.waiting.splice(0)) reject(new Error(`the stream is over: ${how}`));
    }

    async next(name) {
        const event =
            this.heard.shift() ??
            (await new Promise((resolve, reject) => this.waiting.push({ resolve, reject })));
        if (name && event.event !== name)
            throw new Error(`expected ${name}, heard ${event.event} ${JSON.stringify(event.data)}`);
        return event;
    }

    pause() {
        this.answer.socket.pause();
        this.answer.pause();
    }
    resume() {
        this.answer.resume();
        this.answer.socket.resume();
    }
    close() {
        this.request.destroy();
    }
}

/** A listener whose answer has begun. */
export const listen = (url, path, token, options) => new Listener(url, path, token, options).ready;
