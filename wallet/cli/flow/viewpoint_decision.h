// What a node decides for another institution than its own about one award, in the place of its own
// decision. One thread, as the client.
#pragma once

#include <string>

#include "wallet/cli/flow/viewpoint.h"

namespace testamur::wallet {

// Replaces the decisions of a slot's facts by those of the viewpoint: at the anchor, today and at
// the date that is claimed where one is shown, the same of them governing as in the node's own.
// Rules about the award itself (who assessed it) are judged there already and stay. What cannot be
// asked, and a joint award, whose other bodies no node judges for another viewpoint, is not known.
// Says whose policy it was.
void decide_for(Client& client, const Viewpoint& viewpoint, const std::string& purpose,
                RegistryFacts& facts,
                const std::optional<std::uint64_t>& claimed_ms = std::nullopt);

// What follows from the decisions that govern; `own` is the node's judgement of the award, and
// `own_award` says that its institution awarded it, `viewpoint_issued` that the viewpoint did. Not
// known where the node has not judged the rules that hold for every viewpoint (claim, assessor).
// Pure.
AcceptanceRecord accepted_by(const std::vector<DecisionRecord>& decisions,
                             const AcceptanceRecord& own, bool own_award, bool viewpoint_issued);

}  // namespace testamur::wallet
