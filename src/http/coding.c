#include "http/coding.h"

#include <string.h>
#include <zlib.h>

enum {
    WEIGHT_FULL = 1000, /* in thousandths, as RFC 9110, section 12.4.2, has them */
    WINDOW_GZIP = 15 + 16,
    MEMORY = 9,
};

static const char *const NAMES[HTTP_CODING_N] = {
    [HTTP_CODING_GZIP] = "gzip",
    [HTTP_CODING_BROTLI] = "br",
};

/* What a list says of the codings that matter; -1: nothing. */
struct weights {
    int of[HTTP_CODING_N];
    int any;
};

const char *http_coding_name(enum http_coding coding)
{
    return (unsigned)coding < HTTP_CODING_N ? NAMES[coding] : NULL;
}

/* "0", "0.5", "1.000" as thousandths; -1 for what is no weight. */
static int weight_of(const char *text)
{
    int weight = 0, scale = WEIGHT_FULL;

    if (*text != '0' && *text != '1')
        return -1;
    weight = (*text++ - '0') * scale;
    if (*text == '.')
        for (text++, scale /= 10; scale > 0 && g_ascii_isdigit(*text); text++, scale /= 10)
            weight += (*text - '0') * scale;
    return *text == '\0' && weight <= WEIGHT_FULL ? weight : -1;
}

/* The weight among the parameters of an element; full when there is none. */
static int weight_in(char **parameters)
{
    for (; *parameters; parameters++) {
        const char *parameter = g_strstrip(*parameters);
        if (g_ascii_strncasecmp(parameter, "q=", 2) == 0)
            return weight_of(parameter + 2);
    }
    return WEIGHT_FULL;
}

/* HTTP_CODING_N for one that is not known here. */
static enum http_coding coding_of(const char *name)
{
    static const struct {
        const char *name;
        enum http_coding coding;
    } KNOWN[] = {
        {"gzip", HTTP_CODING_GZIP},
        {"x-gzip", HTTP_CODING_GZIP},
        {"br", HTTP_CODING_BROTLI},
        {"identity", HTTP_CODING_IDENTITY},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(KNOWN); i++)
        if (g_ascii_strcasecmp(name, KNOWN[i].name) == 0)
            return KNOWN[i].coding;
    return HTTP_CODING_N;
}

/* An element that is malformed says nothing. */
static void take_element(const char *element, struct weights *weights)
{
    g_auto(GStrv) parts = g_strsplit(element, ";", 8);
    const char *name = *parts ? g_strstrip(*parts) : "";
    const int weight = *parts ? weight_in(parts + 1) : -1;
    const enum http_coding coding = coding_of(name);

    if (weight < 0)
        return;
    if (coding < HTTP_CODING_N)
        weights->of[coding] = MAX(weights->of[coding], weight);
    else if (strcmp(name, "*") == 0)
        weights->any = weight;
}

/* What is not named counts as "*", where there is one; otherwise only the bytes as they are will
 * do, and anything that is named is dearer. */
static int weight_for(const struct weights *weights, enum http_coding coding)
{
    if (weights->of[coding] >= 0)
        return weights->of[coding];
    if (coding == HTTP_CODING_IDENTITY)
        return weights->any == 0 ? 0 : 1;
    return MAX(weights->any, 0);
}

enum http_coding http_coding_choose(const char *accept, unsigned there)
{
    struct weights weights = {{-1, -1, -1}, -1};
    enum http_coding best = HTTP_CODING_IDENTITY;

    if (!accept)
        return HTTP_CODING_IDENTITY;
    g_auto(GStrv) elements = g_strsplit(accept, ",", 32);
    for (char **element = elements; *element; element++)
        take_element(*element, &weights);
    for (int i = 0; i < HTTP_CODING_N; i++) {
        const enum http_coding coding = (enum http_coding)i;
        const int weight = weight_for(&weights, coding);
        if ((there & 1u << i) && weight > 0 && weight >= weight_for(&weights, best))
            best = coding;
    }
    return best;
}

GBytes *http_coding_gzip(const void *data, gsize size)
{
    z_stream stream = {0};

    if (size == 0 || size > G_MAXUINT32 / 2 ||
        deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    const uLong bound = deflateBound(&stream, (uLong)size);
    guint8 *packed = g_malloc(bound);
    stream.next_in = (Bytef *)data;
    stream.avail_in = (uInt)size;
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    const gsize packed_size = stream.total_out;
    deflateEnd(&stream);
    if (!done || packed_size > size - size / 10) {
        g_free(packed);
        return NULL;
    }
    return g_bytes_new_take(g_realloc(packed, packed_size), packed_size);
}

bool http_accept_names_html(const char *accept)
{
    g_auto(GStrv) ranges = g_strsplit(accept ? accept : "", ",", 32);

    for (char **range = ranges; *range; range++) {
        (*range)[strcspn(*range, ";")] = '\0';
        if (g_ascii_strcasecmp(g_strstrip(*range), "text/html") == 0)
            return true;
    }
    return false;
}
