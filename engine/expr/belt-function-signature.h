/* belt-function-signature.h - arguments and result of a function, from its entry in the table
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "belt-function.h"

G_BEGIN_DECLS

typedef struct
{
  char     *type;       /* "number", "array", …; "any" where the table says none */
  char     *name;
  gboolean  optional;
  gboolean  repeated;   /* the last one may be given again and again */
} BeltParameter;

/* Of several forms the first.  Returns: (transfer full) (element-type BeltParameter): in order */
GPtrArray *belt_function_get_parameters (const BeltFunction *self);
/* Returns: (transfer full): the type of the result */
char      *belt_function_dup_result     (const BeltFunction *self);

G_END_DECLS
