// The screen stays on while a page that nobody touches is looked at.
import { useEffect } from './html.js';

export function useWakeLock() {
    useEffect(() => {
        let lock = null;
        // The browser lets go of it when the page is hidden.
        const wake = async () => {
            if (document.hidden) return;
            lock = await navigator.wakeLock?.request('screen').catch(() => null);
        };
        wake();
        document.addEventListener('visibilitychange', wake);
        return () => {
            document.removeEventListener('visibilitychange', wake);
            lock?.release();
        };
    }, []);
}
