// Short tones, for who does not look at the screen: two that rise for a mark, a low one for what was
// not understood. Off until somebody switches them on.
import { remember, remembered } from '../base/storage.js';

const TONES = { good: [660, 880], low: [330] };
const LENGTH_S = 0.12;
const LOUDNESS = 0.12;

let context = null;

export const soundIsOn = () => remembered('kiosk.sound') === 'on';

export function switchSound() {
    remember('kiosk.sound', soundIsOn() ? 'off' : 'on');
    if (soundIsOn()) play('good');
    return soundIsOn();
}

export function play(name) {
    if (!soundIsOn() || !globalThis.AudioContext) return;
    context ??= new AudioContext();
    // Browsers hold it until the page was touched once.
    context.resume();
    TONES[name].forEach((frequency, i) => {
        const begin = context.currentTime + i * LENGTH_S;
        const tone = new OscillatorNode(context, { frequency });
        const gain = new GainNode(context, { gain: LOUDNESS });
        gain.gain.setValueAtTime(LOUDNESS, begin);
        gain.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH_S);
        tone.connect(gain).connect(context.destination);
        tone.start(begin);
        tone.stop(begin + LENGTH_S);
    });
}
