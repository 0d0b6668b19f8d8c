// SPDX-License-Identifier: GPL-2.0-only
// The words of the requests that make calls.
#include "probe.h"

#include <string.h>

bool parse_i32(const char *text, int32_t *number)
{
    int64_t wide;
    if (!parse_number(text, INT32_MIN, INT32_MAX, &wide))
        return false;
    *number = (int32_t)wide;
    return true;
}

bool take_family_and_type(char **rest, int32_t *family, int32_t *type)
{
    return parse_i32(take_token(rest), family) && parse_i32(take_token(rest), type);
}

bool take_range(char **rest, int32_t *low, int32_t *high)
{
    char *text = *rest;
    char *comma = strchr(text, ',');
    *rest = comma == NULL ? NULL : comma + 1;
    if (comma != NULL)
        *comma = '\0';
    return parse_i32(take_token(&text), low) && parse_i32(take_token(&text), high) &&
           text == NULL && *low <= *high;
}
