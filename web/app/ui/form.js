// What every form does: keeping what is typed, sending once, showing what is wrong beside its
// field, and losing nothing when the network drops.
import { html, useRef, useState } from '../base/html.js';
import { troubleText } from '../base/api.js';
import { hasText, t } from '../base/text.js';
import { Notice } from './parts.js';

const FIELD_CODES = { required: 'field.required', missing: 'field.required' };

/** {field: sentence} from the details of a refusal; a field may have words of its own, "wrong.FIELD". */
function wrongFields({ details }) {
    if (!Array.isArray(details)) return {};
    const sentence = ({ field, code }) => {
        if (FIELD_CODES[code]) return t(FIELD_CODES[code]);
        return t(hasText(`wrong.${field}`) ? `wrong.${field}` : 'field.wrong');
    };
    const named = details.filter(({ field }) => field);
    return Object.fromEntries(named.map((detail) => [detail.field, sentence(detail)]));
}

function focusFirst(form, wrong) {
    for (const field of form?.elements ?? []) {
        if (!(field.name in wrong)) continue;
        field.focus();
        return;
    }
}

/**
 * `check(values)` gives {field: sentence} before anything is sent; `send(values)` may throw a
 * Trouble. Gives what a form and its fields need: {values, set, field(name), form, trouble, working}; submit(values) sends these at once.
 */
export function useForm(first, { send, check = () => ({}) }) {
    const [values, setValues] = useState(first);
    const [wrong, setWrong] = useState({});
    const [trouble, setTrouble] = useState(null);
    const [working, setWorking] = useState(false);
    const form = useRef();
    const set = (changes) => setValues((now) => ({ ...now, ...changes }));

    function show(found) {
        setWrong(found);
        requestAnimationFrame(() => focusFirst(form.current, found));
        return Object.keys(found).length > 0;
    }
    async function submit(wanted) {
        if (working) return;
        setTrouble(null);
        if (show(check(wanted))) return;
        setWorking(true);
        try {
            await send(wanted);
        } catch (problem) {
            if (!show(wrongFields(problem))) setTrouble(problem);
        }
        setWorking(false);
    }
    const field = (name) => ({
        name,
        value: values[name] ?? '',
        wrong: wrong[name],
        onInput: ({ target }) => set({ [name]: target.value }),
    });
    const onSubmit = (event) => {
        event.preventDefault();
        submit(values);
    };
    return { values, set, field, wrong, trouble, working, submit, form: { ref: form, onSubmit, novalidate: true } };
}

/** What to say about a form that could not be sent: what happened, and that nothing is lost. */
export const FormTrouble = ({ trouble }) =>
    trouble &&
    html`<${Notice} kind="warn" live="assertive">
        ${t(troubleText(trouble))} ${trouble.kind === 'offline' && t('app.kept')}<//>`;
