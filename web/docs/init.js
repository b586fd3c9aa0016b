// Interactive documentation of the API, drawn from the description that the server itself gives.
window.SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#api',
    deepLinking: true,
    docExpansion: 'none', // a hundred and sixty operations: their subjects first
    filter: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    // The check of the description by an outside service would tell that service about this one.
    validatorUrl: null,
});

// An operation's head is a button: a link within it could not be told from it by a screen reader. What
// scrolls by itself is to be scrolled by the keyboard too.
const mend = () => {
    for (const link of document.querySelectorAll('.opblock-summary a[href]')) link.removeAttribute('href');
    for (const wide of document.querySelectorAll('pre.example, .opblock-body')) wide.tabIndex = 0;
};
new MutationObserver(mend).observe(document.getElementById('api'), { childList: true, subtree: true });
