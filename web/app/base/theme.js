// Light or dark: as the system says, until the reader chooses.
import { remember } from './storage.js';

export const currentTheme = () => document.documentElement.dataset.theme;

export function paintBrowser() {
    const wash = getComputedStyle(document.documentElement).getPropertyValue('--wash').trim();
    document.querySelector('meta[name=theme-color]').content = wash;
}

export function switchTheme() {
    const theme = currentTheme() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    remember('theme', theme);
    paintBrowser();
    return theme;
}
