/* belt-op-sink.h - from rows to what one call of a sink receives
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * Applies the properties all sinks have in common: batchSize, sendSingle,
 * omitIfEmpty, dataTemplate, dataField, fields, excludeFields.  What comes out is handed to a
 * receiver; encoding it and the outer world are not this layer's.  A batch for a sink of bytes
 * is a list of payloads, each a MAP or itself a LIST of MAPs.
 */
#pragma once

#include "belt-op.h"
#include "belt-template.h"

G_BEGIN_DECLS

/* A property with a {{…}} in it, evaluated for each payload. */
typedef struct
{
  char         *text;
  BeltTemplate *template;
} BeltSinkTemplate;

typedef struct
{
  guint    sink;             /* index in the plan's sinks */
  guint    out_slot;
  gboolean send_single;
  gboolean omit_if_empty;
  char   **fields;           /* NULL: all */
  char   **exclude_fields;
  char    *data_field;
  BeltTemplate *data_template;  /* NULL: none */
  gboolean text_format;    /* the result of the template is the payload as it is */
  gint64   batch_size;       /* 0: none */
  gint64   linger_ms;
  BeltSinkTemplate *templates;  /* of properties of the sink's own: topic, url */
  guint    n_templates;
  gboolean takes_rows;       /* the sink takes rows, not bytes: a batch is one list of them */
} BeltSinkSpec;

typedef void (*BeltSinkFunc) (gpointer         owner,
                              guint            sink,
                              const BeltValue *emission,
                              const BeltFault *fault,
                              guint            n_rows);

BeltOp *belt_op_sink_new          (const BeltSinkSpec *spec,
                                   BeltEval           *eval,
                                   gint64              now_ms);
void    belt_op_sink_set_receiver (BeltOp             *self,
                                   BeltSinkFunc        receive,
                                   gpointer            owner);
/* While the receiver is called: what became of a property with templates.  NULL: there is none of this text, or the
 * emission is no single payload. */
const char *belt_op_sink_render   (BeltOp             *self,
                                   const char         *text);
/* Between project and several sinks: the same batch to each. */
BeltOp *belt_op_tee_new           (BeltEval           *eval);
void    belt_op_tee_add           (BeltOp             *self,
                                   BeltOp             *next);

G_END_DECLS
