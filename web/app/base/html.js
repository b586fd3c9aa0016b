// Preact with htm: markup in template literals, no compiler. The one place that names the vendor
// files.
import { Fragment, h, render } from '../../vendor/preact.js';
import htm from '../../vendor/htm.js';

export { useCallback, useEffect, useMemo, useRef, useState } from '../../vendor/hooks.js';
export { Fragment, render };
export const html = htm.bind(h);
