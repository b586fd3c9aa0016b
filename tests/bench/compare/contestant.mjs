// One contestant that runs in node: contestant.mjs NAME MODULES MODELS PICTURE.rgb WIDTH HEIGHT. Reads
// "STAGE MS" lines and answers each with the median time of a run in ms.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [name, modules, models, picture, width, height] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const rgb = new Uint8Array(readFileSync(picture));

async function onnxruntime() {
    const ort = require('onnxruntime-node');
    const { withoutDenormals } = await import('./denormals.mjs');
    const open = async (file, shape) => {
        const session = await ort.InferenceSession.create(withoutDenormals(readFileSync(join(models, file))), {
            intraOpNumThreads: 1,
            interOpNumThreads: 1,
            logSeverityLevel: 3,
        });
        const count = shape.reduce((product, side) => product * side, 1);
        // Of the picture's own pixels, one after the other: the time does not depend on what they show.
        const data = Float32Array.from({ length: count }, (_, i) => (rgb[i % rgb.length] - 127) / 128);
        const feed = { [session.inputNames[0]]: new ort.Tensor('float32', data, shape) };
        return () => session.run(feed);
    };
    const detect = await open('fr_detect.onnx', [1, 3, 240, 320]);
    const landmarks = await open('fr_landmark.onnx', [1, 1, 64, 64]);
    const liveness = await open('fr_liveness.onnx', [1, 3, 128, 128]);
    const embed = await open('fr_feature.onnx', [1, 3, 112, 112]);
    const mark = async () => {
        for (const network of [detect, landmarks, liveness, embed]) await network();
    };
    return { detect, embed, mark };
}

async function faceApi() {
    const tf = require('@tensorflow/tfjs');
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setThreadsCount(1);
    const folder = join(modules, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/');
    wasm.setWasmPaths(folder);
    await tf.setBackend('wasm');
    await tf.ready();
    const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
    const from = join(modules, 'node_modules/@vladmandic/face-api/model');
    for (const network of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'])
        await faceapi.nets[network].loadFromDisk(from);
    const image = tf.tensor3d(rgb, [Number(height), Number(width), 3], 'int32');
    const face = tf.image.resizeBilinear(image, [150, 150]);
    const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5 });
    return {
        detect: () => faceapi.detectSingleFace(image, options),
        embed: () => faceapi.computeFaceDescriptor(face),
        mark: () => faceapi.detectSingleFace(image, options).withFaceLandmarks().withFaceDescriptor(),
    };
}

const stages = await { onnxruntime, 'face-api': faceApi }[name]();
for await (const line of createInterface({ input: process.stdin })) {
    const [stage, ms] = line.split(' ');
    const times = [];
    const until = performance.now() + Number(ms);
    while (times.length < 3 || performance.now() < until) {
        const began = performance.now();
        await stages[stage]();
        times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    console.log(`= ${times[Math.floor(times.length / 2)]}`);
}
