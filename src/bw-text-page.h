/* bw-text-page.h - a document that is just text: streams, samples, tests, manifests
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "bw-page.h"

G_BEGIN_DECLS

#define BW_TYPE_TEXT_PAGE (bw_text_page_get_type ())
G_DECLARE_FINAL_TYPE (BwTextPage, bw_text_page, BW, TEXT_PAGE, BwPage)

BwTextPage *bw_text_page_new (BwDocument *document,
                              BwItem     *item);

G_END_DECLS
