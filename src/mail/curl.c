#include "mail/curl.h"

static int watch(void *data, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                 curl_off_t up)
{
    struct mail_watch *state = data;

    (void)down_total, (void)down, (void)up_total, (void)up;
    if (!state->stop || !g_atomic_int_get(state->stop))
        return 0;
    if (state->until == 0)
        state->until = g_get_monotonic_time() + state->grace;
    return g_get_monotonic_time() >= state->until;
}

CURL *mail_curl_create(const char *url, const char *protocols, const char *ca_file,
                       unsigned seconds, struct mail_watch *state, char *message)
{
    static gsize once;

    if (g_once_init_enter(&once)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        g_once_init_leave(&once, 1);
    }
    CURL *handle = curl_easy_init();
    if (!handle)
        return NULL;
    message[0] = '\0';
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca_file && *ca_file) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file);
        curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, (long)MIN(seconds, 15U));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)seconds);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, state);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    return handle;
}
