#ifndef SSE_RELAY_CZLIB_H
#define SSE_RELAY_CZLIB_H

// Input is read only, and zlib's declarations say so where they are asked to.
#define ZLIB_CONST
#include <zlib.h>

// A macro, which Swift cannot call.
static inline int relay_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

#endif
