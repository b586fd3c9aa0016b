// Plots with uPlot, loaded with the first of them. Colours are the page's tokens; the numbers stand
// in a table that screen readers find beside the picture.
import { html, useEffect, useRef } from '../base/page.js';

const loadPlot = () => import('../../vendor/uplot.js').then((module) => module.default);

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(values) {
    const line = token('--line');
    return {
        stroke: token('--ink-3'),
        font: `12px ${token('--font')}`,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        ...values,
    };
}

/** uPlot's options for lines over positions 0…n−1 that have names. */
function optionsOf({ names, series, low, high, format, width, height }) {
    return {
        width,
        height,
        padding: [12, 26, 0, 0],
        legend: { show: false },
        cursor: { points: { size: 8 }, drag: { x: false, y: false } },
        scales: { x: { time: false }, y: { range: () => [low, high] } },
        axes: [
            axis({ values: (_, at) => at.map((i) => names[i] ?? ''), space: 56 }),
            axis({ values: (_, at) => at.map(format), size: 52 }),
        ],
        series: [
            {},
            ...series.map(({ name, colour, dashed }) => ({
                label: name,
                stroke: token(colour),
                width: 2.5,
                dash: dashed ? [4, 5] : undefined,
                points: { size: 5, fill: token(colour) },
                spanGaps: true,
            })),
        ],
    };
}

const Numbers = ({ label, names, series, format }) => html`
    <div class="unseen"><table>
        <caption>${label}</caption>
        <thead><tr><td></td>${series.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${names.map(
            (name, i) => html`<tr key=${name}><th scope="row">${name}</th>
                ${series.map(({ values }) => html`<td>${values[i] == null ? '' : format(values[i])}</td>`)}</tr>`,
        )}</tbody>
    </table></div>`;

const Legend = ({ series }) => html`
    <ul class="legend">${series.map(
        ({ name, colour, dashed }) => html`<li><i class=${`swatch ${colour.slice(2)} ${dashed ? 'dashed' : ''}`}></i>${name}</li>`,
    )}</ul>`;

/**
 * Lines over named positions: `names` along the bottom, `series` [{name, colour: '--accent', dashed?,
 * values}] with null where there is nothing, `format(value)` for people.
 */
export function LineChart({ label, names, series, low = 0, high = 1, format, height = 230 }) {
    const place = useRef();
    useEffect(() => {
        // The figure outlives its place in the page for a moment.
        const box = place.current;
        let plot = null;
        let left = false;
        const data = [names.map((_, i) => i), ...series.map(({ values }) => values)];
        async function draw() {
            const Plot = await loadPlot();
            if (left) return;
            plot?.destroy();
            const width = box.clientWidth;
            plot = new Plot(optionsOf({ names, series, low, high, format, width, height }), data, box);
        }
        draw();
        const sized = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height }));
        sized.observe(box);
        const themed = new MutationObserver(draw);
        themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
        return () => {
            left = true;
            sized.disconnect();
            themed.disconnect();
            plot?.destroy();
        };
    }, [JSON.stringify([names, series, low, high])]);
    return html`
        <figure class="chart">
            <div class="plot" ref=${place} aria-hidden="true"></div>
            <${Legend} series=${series} />
            <${Numbers} ...${{ label, names, series, format }} />
        </figure>`;
}
