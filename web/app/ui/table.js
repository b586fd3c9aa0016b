// A real table: sticky head, sorting by its columns, a name for screen readers, and on a phone the
// columns that matter.
import { html } from '../base/html.js';
import { t } from '../base/text.js';

function Head({ column, sort, onSort }) {
    const shown = column.class ?? '';
    if (!column.sort) return html`<th scope="col" class=${shown}>${column.head ?? column.name}</th>`;
    const active = sort?.by === column.sort;
    const order = sort?.down ? 'descending' : 'ascending';
    const arrow = sort?.down ? '↓' : '↑';
    return html`
        <th scope="col" class=${shown} aria-sort=${active ? order : undefined}>
            <button onClick=${() => onSort({ by: column.sort, down: active && !sort.down })}
                title=${t('app.sort', { name: column.name })}>
                ${column.name}<span aria-hidden="true">${active ? arrow : ''}</span></button>
        </th>`;
}

/**
 * `columns`: [{name, cell(row), sort?, head?, class?}]; `head` is a node in place of the name; a class of "wide-cell" is not shown on a phone,
 * "number-cell" is set flush right. `sort`: {by, down}. `keyOf(row)` tells rows apart.
 */
export const Table = ({ label, columns, rows, sort, onSort, keyOf = (row) => row.id, rowClass }) => html`
    <div class="table-wrap" tabindex="0" role="region" aria-label=${label}>
        <table>
            <thead><tr>
                ${columns.map((column) => html`<${Head} key=${column.name} ...${{ column, sort, onSort }} />`)}
            </tr></thead>
            <tbody>
                ${rows.map(
                    (row) => html`<tr key=${keyOf(row)} class=${rowClass?.(row)}>
                        ${columns.map(
                            (column) => html`<td key=${column.name} class=${column.class}>
                                ${column.cell(row)}</td>`,
                        )}</tr>`,
                )}
            </tbody>
        </table>
    </div>`;
