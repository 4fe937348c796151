#ifndef SSE_RELAY_CPCRE2_H
#define SSE_RELAY_CPCRE2_H

// The library's names are macros that depend on the width of a code unit, which Swift cannot import.

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#endif
