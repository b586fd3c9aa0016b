#include "nn/proto.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

enum wire {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5,
};

/* A real model nests six deep; subgraphs of control flow add three a level. */
#define DEPTH_MAX 32
#define MEMORY_BASE ((size_t)64 << 20)
#define MEMORY_FACTOR 4

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static bool read_varint(struct cursor *cursor, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return true;
        }
    }
    return false;
}

static bool skip_bytes(struct cursor *cursor, uint64_t count)
{
    if (count > (uint64_t)(cursor->end - cursor->at)) {
        return false;
    }
    cursor->at += count;
    return true;
}

/* Walks the message as its descriptor says, without building anything. */
static bool depth_fits(const ProtobufCMessageDescriptor *descriptor, struct cursor cursor,
                       int depth)
{
    if (depth > DEPTH_MAX) {
        return false;
    }
    while (cursor.at < cursor.end) {
        uint64_t tag;
        uint64_t length = 0;
        if (!read_varint(&cursor, &tag)) {
            return false;
        }
        unsigned wire = (unsigned)(tag & 7);
        if (wire == WIRE_VARINT) {
            if (!read_varint(&cursor, &length)) {
                return false;
            }
            continue;
        }
        if (wire == WIRE_FIXED32 || wire == WIRE_FIXED64) {
            if (!skip_bytes(&cursor, wire == WIRE_FIXED32 ? 4 : 8)) {
                return false;
            }
            continue;
        }
        if (wire != WIRE_BYTES || !read_varint(&cursor, &length)) {
            return false;
        }
        struct cursor inner = {cursor.at, cursor.at};
        if (!skip_bytes(&cursor, length)) {
            return false;
        }
        inner.end = cursor.at;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)MIN(tag >> 3, G_MAXINT));
        if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE &&
            !depth_fits(field->descriptor, inner, depth + 1)) {
            return false;
        }
    }
    return true;
}

struct budget {
    size_t left;
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *budget = data;
    if (size > budget->left) {
        return NULL;
    }
    budget->left -= size;
    return malloc(size);
}

static void budget_free(void *data, void *pointer)
{
    (void)data;
    free(pointer);
}

Onnx__ModelProto *nn_proto_parse(const void *data, size_t size, GError **error)
{
    struct cursor cursor = {data, (const uint8_t *)data + size};
    if (size == 0 || !depth_fits(&onnx__model_proto__descriptor, cursor, 0)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "not an ONNX model: truncated, damaged or nested too deep");
        return NULL;
    }
    struct budget budget = {.left = MEMORY_BASE + MEMORY_FACTOR * size};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    Onnx__ModelProto *model = onnx__model_proto__unpack(&allocator, size, data);
    if (model == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "not an ONNX model: the message does not follow its schema");
    }
    return model;
}

void nn_proto_free(Onnx__ModelProto *model)
{
    ProtobufCAllocator allocator = {budget_alloc, budget_free, NULL};
    if (model != NULL) {
        onnx__model_proto__free_unpacked(model, &allocator);
    }
}
