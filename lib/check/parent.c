/* SPDX-License-Identifier: MIT */
/* What the parent saw in all the other checks. */
#include <config.h>

#include "kit.h"

static bool
has_parent(struct kit *k)
{
    if (!k->books)
        alcove_kit_skip(k, "it was not made over a parent of the kit's");
    else if (k->tally->asked == 0)
        alcove_kit_skip(k, "it asked the kit's parent for nothing");
    else
        return true;
    return false;
}

void
alcove_check_parent_respected(struct kit *k)
{
    if (!has_parent(k))
        return;
    if (k->tally->wrong > 0)
        alcove_kit_fail(k, "in %u checks it was not; %s", k->tally->wrong,
                        k->tally->wrong_text);
    alcove_kit_say(k, "%u checks took something from it", k->tally->asked);
}

void
alcove_check_books_balanced(struct kit *k)
{
    if (!has_parent(k))
        return;
    if (k->tally->kept > 0)
        alcove_kit_fail(k, "in %u checks it was not; %s", k->tally->kept,
                        k->tally->kept_text);
    alcove_kit_say(k, "%u checks took something, and all of it is back",
                   k->tally->asked);
}
