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
