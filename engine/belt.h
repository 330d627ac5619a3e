/* belt.h - the door of libbelt: all that the workbench, `belt` and `beltd` may include
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/belt-error.h"
#include "base/belt-json-member.h"
#include "base/belt-json.h"
#include "base/belt-time-format.h"
#include "base/belt-value.h"
#include "catalog/belt-catalog.h"
#include "expr/belt-function.h"
#include "language/belt-columns-seen.h"
#include "language/belt-language.h"
#include "ops/belt-op.h"
#include "plugin/belt-plugin-set.h"
#include "project/belt-builder.h"
#include "project/belt-bundle.h"
#include "project/belt-manifest.h"
#include "project/belt-project-change.h"
#include "project/belt-project.h"
#include "remote/belt-deploy-content.h"
#include "remote/belt-deploy-session.h"
#include "run/belt-engine.h"
#include "run/belt-recorder.h"
#include "run/belt-trial.h"
#include "sql/belt-diagnostic.h"
#include "sql/belt-format.h"
