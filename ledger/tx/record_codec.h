// Record bodies that execution writes without decoding first. Private to ledger/tx.
#pragma once

#include "ledger/tx/registry_records.h"
#include "ledger/tx/wire_scanner.h"

namespace testamur::ledger::tx {

// `published`: the AchievementPublish message as carried, empty for the other events.
Bytes encode_achievement(const Cause& cause, AchievementEvent event, const InstitutionId& actor, ByteView published);

}  // namespace testamur::ledger::tx
