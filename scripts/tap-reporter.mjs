// A reporter for node --test that prints one flat line of TAP for each real test: versions of node
// differ in how they nest and count files and suites, and a tally must not.
const one = (text) => String(text ?? '').replace(/\s+/g, ' ').replaceAll('#', '\\#').trim();

const isContainer = ({ name, file, details }) =>
    details?.type === 'suite' || /\.m?js$/.test(name) || name === file;

// A container fails because of what is inside, which has its own line; anything else is its own.
const failsByItself = ({ details }) => {
    const kind = details?.error?.failureType;
    return kind !== 'subtestsFailed' && kind !== 'cancelledByParent';
};

function* explain(error) {
    const cause = error?.cause ?? error;
    const text = cause?.stack ?? cause?.message ?? String(cause);
    for (const line of String(text).split('\n').slice(0, 25)) yield `#   ${line}\n`;
}

export default async function* flatTap(source) {
    for await (const { type, data } of source) {
        if (type === 'test:pass') {
            if (isContainer(data) && data.skip === undefined) continue;
            const skipped = data.skip !== undefined || data.todo !== undefined;
            const why = skipped ? ` # SKIP ${one(data.skip === true ? '' : data.skip)}` : '';
            yield `ok - ${one(data.name)}${why}\n`;
        } else if (type === 'test:fail') {
            if (isContainer(data) && !failsByItself(data)) continue;
            yield `not ok - ${one(data.name)}\n`;
            yield* explain(data.details?.error);
        } else if (type === 'test:stderr') {
            for (const line of data.message.trimEnd().split('\n')) yield `# ${line}\n`;
        }
    }
}
