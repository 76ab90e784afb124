/* core/keeper.h: the parts a supervisor decides with, one subject each.
 *
 * spec/supervisor.md.  None of them knows the others except reaper, which ledger keeps
 * for each tree; engine/supervisor sequences them.  All are pure. */
#ifndef HF_CORE_KEEPER_H
#define HF_CORE_KEEPER_H

#include "core/keeper/debounce.h"
#include "core/keeper/intent.h"
#include "core/keeper/ladder.h"
#include "core/keeper/ledger.h"
#include "core/keeper/outsider.h"
#include "core/keeper/phase.h"
#include "core/keeper/reaper.h"

#endif
