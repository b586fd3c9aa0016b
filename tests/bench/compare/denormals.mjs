// A model with its denormal weights set to zero, as Presente loads it: left alone they make any
// runtime ten times slower, which would be no comparison.
import { fields } from '../../onnx/reduced_model.mjs';

const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_TYPE = 2;
const TENSOR_RAW = 9;
const FLOAT = 1;
const SMALLEST_NORMAL = 2 ** -126;

const contents = (bytes, number) =>
    fields(bytes).filter((field) => field.number === number && field.content).map(({ content }) => content);

const isFloat = (tensor) =>
    fields(tensor).some(({ number, whole }) => number === TENSOR_TYPE && whole[1] === FLOAT);

export function withoutDenormals(model) {
    const copy = Buffer.from(model);
    const tensors = contents(copy, MODEL_GRAPH).flatMap((graph) => contents(graph, GRAPH_INITIALIZER));
    for (const raw of tensors.filter(isFloat).flatMap((tensor) => contents(tensor, TENSOR_RAW)))
        for (let at = 0; at + 4 <= raw.length; at += 4)
            if (Math.abs(raw.readFloatLE(at)) < SMALLEST_NORMAL) raw.fill(0, at, at + 4);
    return copy;
}
