/* SPDX-License-Identifier: MIT */
/* When is a rule for refusals one? */
#ifndef ALCOVE_LIB_ADAPT_FAILRULE_H
#define ALCOVE_LIB_ADAPT_FAILRULE_H

#include <alcove/fail.h>

enum {
#define ALCOVE_X(name, bit, text) | ALCOVE_FAIL_##name
    ALCOVE_FAIL_EVERY_KIND = 0 ALCOVE_FAIL_OPS(ALCOVE_X),
#undef ALCOVE_X
    /* What no kind stands for: a release is refused only by name. */
    ALCOVE_FAIL_USUAL_KINDS = ALCOVE_FAIL_EVERY_KIND & ~ALCOVE_FAIL_DEALLOC
};

/* Is there anything that the rule refuses? */
bool alcove_fail_rule_refuses(const struct alcove_fail_rule *rule);

/* What is wrong with the rule, as static text; NULL: nothing. */
const char *alcove_fail_rule_mistake(const struct alcove_fail_rule *rule);

#endif /* ALCOVE_LIB_ADAPT_FAILRULE_H */
