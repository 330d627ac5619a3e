/* belt-template.h - texts with {{…}}, as eKuiper's sinks take them
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * The part of Go's text/template that works on rows: fields, variables,
 * pipelines, if, with, range, the built-in functions, eKuiper's json, toJson,
 * base64, and the everyday ones of the sprig set.  `define`, `block` and
 * `template` are refused.  A template is immutable; any thread may run it.
 */
#pragma once

#include "belt-value.h"

G_BEGIN_DECLS

typedef struct _BeltTemplate BeltTemplate;

/* Is there anything to work out in this text? */
gboolean      belt_template_is_one (const char       *text);
BeltTemplate *belt_template_new    (const char       *text,
                                    GError          **error);
void          belt_template_free   (BeltTemplate     *self);
/* Appends to out; dot is a MAP, or a LIST of them.  FALSE: something in it does not work on this value; what was
 * appended by then is taken back. */
gboolean      belt_template_run    (BeltTemplate     *self,
                                    const BeltValue  *dot,
                                    GString          *out,
                                    GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BeltTemplate, belt_template_free)

G_END_DECLS
