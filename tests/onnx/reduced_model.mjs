// Cuts an ONNX file down to what some of its tensors need, so that ONNX Runtime can be asked for
// intermediate tensors and other picture sizes. Works on the protocol buffer's bytes: field numbers
// are those of onnx.proto.

const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const GRAPH_VALUE_INFO = 13;
const NODE_INPUT = 1;
const NODE_OUTPUT = 2;
const TENSOR_NAME = 8;
const BYTES = 2;

function readVarint(bytes, at) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++];
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return [Number(value), at];
        }
    }
}

function varint(value) {
    const bytes = [];
    for (; value >= 0x80; value = Math.floor(value / 128)) {
        bytes.push((value % 128) | 0x80);
    }
    return Buffer.from([...bytes, value]);
}

// The fields of one message: number, its bytes as they are, and the content of those with a length.
export function fields(bytes) {
    const found = [];
    for (let at = 0; at < bytes.length;) {
        const start = at;
        let tag;
        let content;
        [tag, at] = readVarint(bytes, at);
        const wire = tag & 7;
        if (wire === BYTES) {
            let length;
            [length, at] = readVarint(bytes, at);
            content = bytes.subarray(at, at + length);
            at += length;
        } else {
            at = wire === 0 ? readVarint(bytes, at)[1] : at + (wire === 1 ? 8 : 4);
        }
        found.push({ number: tag >>> 3, whole: bytes.subarray(start, at), content });
    }
    return found;
}

function message(number, content) {
    return Buffer.concat([varint(number * 8 + BYTES), varint(content.length), content]);
}

// A float tensor of unknown shape: ValueInfoProto{name, type{tensor_type{elem_type}}}.
function floatInfo(name) {
    const elementType = Buffer.from([8, 1]);
    return Buffer.concat([message(1, Buffer.from(name)), message(2, message(1, elementType))]);
}

function names(content, number) {
    return fields(content).filter((field) => field.number === number).map((field) => field.content.toString());
}

function reducedGraph(graph, outputs) {
    const parts = fields(graph);
    const needed = new Set(outputs);
    const kept = new Set();
    for (const part of parts.filter((field) => field.number === GRAPH_NODE).reverse()) {
        if (names(part.content, NODE_OUTPUT).some((name) => needed.has(name))) {
            kept.add(part);
            names(part.content, NODE_INPUT).forEach((name) => needed.add(name));
        }
    }
    const rewritten = parts.flatMap((part) => {
        if (part.number === GRAPH_INPUT) {
            const name = names(part.content, 1)[0];
            return [message(GRAPH_INPUT, floatInfo(name))];
        }
        const dropped = part.number === GRAPH_OUTPUT || part.number === GRAPH_VALUE_INFO ||
            (part.number === GRAPH_NODE && !kept.has(part)) ||
            (part.number === GRAPH_INITIALIZER && !needed.has(names(part.content, TENSOR_NAME)[0]));
        return dropped ? [] : [part.whole];
    });
    return Buffer.concat([...rewritten, ...outputs.map((name) => message(GRAPH_OUTPUT, floatInfo(name)))]);
}

export function reducedModel(bytes, outputs) {
    return Buffer.concat(fields(bytes).map((field) =>
        field.number === MODEL_GRAPH ? message(MODEL_GRAPH, reducedGraph(field.content, outputs)) : field.whole));
}
