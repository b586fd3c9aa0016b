// What links in mails lead to, and asking for one, as people do it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { noMailServer, startMailServer } from '../helpers/mail.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, PHONE, visitPage } from './browser.mjs';

const skip = missingParts({ web: true }) || noBrowser() || noMailServer();
const EMAIL = 'zoe@uni.mx';
const FRESH = 'lluvia en el tejado';

describe('links in mails', { skip, timeout: 60_000 }, () => {
    let post, server, browser, student;

    const visit = (place, check) =>
        visitPage(browser, server.url + place, check, { viewport: PHONE });
    const tokenIn = async (place) => {
        const messages = await post.waitFor(2);
        const texts = messages.map((message) => message.parts[0].text).join('\n');
        return texts.match(new RegExp(`/#/${place}\\?token=([\\w.-]+)`))[1];
    };

    before(async () => {
        post = await startMailServer();
        server = await startServer({
            env: {
                PRESENTE_SMTP_URL: `smtp://127.0.0.1:${post.port}`,
                PRESENTE_SMTP_TLS: 'off',
                PRESENTE_MAIL_FROM: 'asistencia@uni.mx',
                PRESENTE_PUBLIC_URL: 'https://presente.uni.mx',
            },
        });
        const { email, password } = server.admin;
        const admin = await new Client(server.url).signIn(email, password);
        student = await createPerson(admin, { email: EMAIL, role: 'student' });
        await student.post('/me/report/mail', { format: 'csv' });
        browser = await launchBrowser();
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await post?.stop();
    });

    it('a forgotten password is chosen anew', async () => {
        await visit('/#/sign-in', async (page) => {
            await page.getByRole('link', { name: '¿Olvidaste tu contraseña?' }).click();
            await page.getByRole('button', { name: 'Enviarme un enlace' }).click();
            await page.locator('#email-wrong').waitFor();
            await page.fill('#email', EMAIL);
            await page.getByRole('button', { name: 'Enviarme un enlace' }).click();
            await page.getByText(/el enlace va en camino/).waitFor();
        });
        const token = await tokenIn('password');
        await visit(`/#/password?token=${token}`, async (page) => {
            await page.fill('#password', 'abc');
            assert.doesNotMatch(page.url(), /token/);
            await page.getByRole('button', { name: 'Guardar esta contraseña' }).click();
            await page.locator('#password-wrong').waitFor();
            await page.fill('#password', FRESH);
            await page.getByRole('button', { name: 'Guardar esta contraseña' }).click();
            await page.getByText(/está lista/).waitFor();
        });
        await new Client(server.url).signIn(EMAIL, FRESH);
        await visit(`/#/password?token=${token}`, async (page) => {
            await page.fill('#password', FRESH);
            await page.getByRole('button', { name: 'Guardar esta contraseña' }).click();
            await page.getByText('Este enlace ya no sirve. Pide uno nuevo.').waitFor();
        });
    });

    it('mail is refused only by the button, and wanted again', async () => {
        const token = await tokenIn('unsubscribe');
        await visit(`/unsubscribe?token=${token}`, async (page) => {
            await page.getByText('Recibes informes de asistencia por correo.').waitFor();
            await page.reload();
            await page.getByRole('button', { name: 'No quiero más este correo' }).click();
            await page.getByText('Ya no recibes informes de asistencia por correo.').waitFor();
            await page.getByRole('button', { name: 'Sí quiero recibirlo' }).click();
            await page.getByText('Recibes informes de asistencia por correo.').waitFor();
        });
    });
});
