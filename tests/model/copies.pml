/* Copies and fetching: what a liar sends beside a block's id never stands in the true copy's way, for long.
 *
 * View 1 is led by a Byzantine validator, view 2 by node 0, which is honest; the network is timely from view 2 on, and
 * the Byzantine ones go on lying. Every honest node meets the block of each view in the copies that the liars choose: the
 * true one, one with a false parent view, one with a junk body; again and again, and before the true one. Who lacks a
 * block that a certificate names wishes for it and asks: a wish waits for its timer (1), is due (2), and is answered by
 * an honest node that has the block, or by a liar.
 *
 * Claims: once nothing is due any more the block of view 2 is final (`progress`); no lie can be told for ever without
 * something being gained (no non-progress cycle: with -DNP); what is kept of blocks that no certificate names is bounded
 * (`bounded`). Broken on purpose, as the engine once was:
 *   INVALID_BY_COPY   a false parent view makes the block invalid, with its descendants, not the copy
 *   LEADER_FIRST      a junk body is thrown away, its sender is asked first again, after another wait
 *   WISH_BY_VIEW      a wish starts anew when somebody names another view for the block
 *   WISH_UNCERTAIN    parents that only a proposal names are wished for and kept
 *
 * N validators (4 or 7), FAULTY of them Byzantine; a quorum is every honest one, so that each is needed.
 */
#ifndef N
#define N 4
#endif
#define FAULTY ((N - 1) / 3)
#define HONEST (N - FAULTY)
#define QUORUM (N - FAULTY)
#define LEADER 0

/* What a node has of the block of view v (1, 2). */
#define NOTHING 0
#define TRUE_COPY 1
#define INVALID 2
#define JUNK 3

typedef Node {
  byte has[3];    /* by view */
#if defined(LEADER_FIRST) || defined(WISH_BY_VIEW)
  byte wish[3];   /* 0 none, 1 waits for its timer, 2 due */
#endif
#ifdef LEADER_FIRST
  bool asked[3];  /* the liar, for this wish */
#endif
  bool paid[3];   /* the liar gave junk: nothing of it is taken for this block any more */
  bool notarized[3];
  bool nullified; /* view 1 */
}
Node node[HONEST];

bool notarization[3], nullification;
byte parent;        /* of the block of view 2: 0 not proposed, 1 the block of view 1, 2 the last final one */
byte inventions;    /* blocks kept that no certificate names, at node 0 */
#define INVENTIONS_AT_MOST 2
bool progress, bounded = true;
byte at; /* of loops; 0 between steps */

#ifdef STORY
#define TELL(text, x) printf(text, i, x)
#define TELL_LIAR(text, i, x) printf(text, i, x)
#else
#define TELL(text, x) skip
#define TELL_LIAR(text, i, x) skip
#endif

/* Nobody's timer fires in view 2: whoever holds its notarization finalizes it. */
#define DONE notarization[2]
#define NOTARIZED(i, v) (node[i].notarized[v])
#define NULLIFIED(i, v) (node[i].nullified)
#define HOLDS(i, v) (node[i].has[v] == TRUE_COPY)
#if HONEST == 3
#define COUNT(term, v) (term(0, v) + term(1, v) + term(2, v))
#define SOME_NODE(term) (term(0) || term(1) || term(2))
#elif HONEST == 5
#define COUNT(term, v) (term(0, v) + term(1, v) + term(2, v) + term(3, v) + term(4, v))
#define SOME_NODE(term) (term(0) || term(1) || term(2) || term(3) || term(4))
#else
#error "N is 4 or 7"
#endif

/* --- What an honest node does. */
#define IN_VIEW_2 (notarization[1] || nullification)
#define MAY_NOTARIZE_1(i) (!IN_VIEW_2 && HOLDS(i, 1) && !node[i].notarized[1] && !node[i].nullified)
#define MAY_NULLIFY_1(i) (!IN_VIEW_2 && !node[i].nullified)
/* A leader that holds a notarization builds on its block; one that was shown only the nullification need not. */
#define MAY_PROPOSE(i) (i == LEADER && parent == 0 && ((notarization[1] && HOLDS(i, 1)) || (nullification && !notarization[1])))
#define VALID_2(i) (HOLDS(i, 2) && (parent == 2 || HOLDS(i, 1)))
#define MAY_NOTARIZE_2(i) (parent != 0 && VALID_2(i) && !node[i].notarized[2])

/* The leader's proposal reaches node i: it is said once, and again by whoever is asked. A junk copy in its place is looked
 * at when another one comes. */
#define MAY_HEAR_2(i) (parent != 0 && node[i].has[2] == NOTHING)

/* Certain: a certificate names the block, or a block that one names, or the leader's own proposal is known to be there. */
#define SOME_NODE_HOLDS(v) (COUNT(HOLDS, v) > 0)
#define CERTAIN(v) ((v == 1 && notarization[1] && parent != 2) || (v == 2 && parent != 0))
#if defined(LEADER_FIRST) || defined(WISH_BY_VIEW)
#define WISHES
#define MAY_WISH(i, v) (CERTAIN(v) && node[i].has[v] == NOTHING && node[i].wish[v] == 0)
#define MAY_TIME(i, v) (node[i].wish[v] == 1)
#ifdef LEADER_FIRST
#define MAY_ASK(i, v) \
  (node[i].wish[v] == 2 && node[i].has[v] == NOTHING && ((v == 1 && !node[i].asked[v]) || SOME_NODE_HOLDS(v)))
#else
#define MAY_ASK(i, v) (node[i].wish[v] == 2 && node[i].has[v] == NOTHING && SOME_NODE_HOLDS(v))
#endif
#else
/* A timer that nothing starts anew fires at some time, and no peer is asked twice for a copy that was junk. */
#define MAY_WISH(i, v) false
#define MAY_TIME(i, v) false
#define MAY_ASK(i, v) (CERTAIN(v) && node[i].has[v] == NOTHING && SOME_NODE_HOLDS(v))
#endif
#define MAY_DROP(i, v) (node[i].has[v] == JUNK)

#ifdef WISHES
#define END_WISH(i, v) node[i].wish[v] = 0
#else
#define END_WISH(i, v) skip
#endif

inline ask(v) {
  if
#ifdef LEADER_FIRST
  /* The leader is asked first; of the block of view 2 that is an honest one. */
  :: v == 1 && !node[i].asked[v] -> node[i].asked[v] = true; node[i].wish[v] = 1
#endif
  :: SOME_NODE_HOLDS(v) ->
     TELL("  node %d is given the true copy of view %d\n", v);
     node[i].has[v] = TRUE_COPY;
     END_WISH(i, v)
  fi
}

inline drop(v) {
  TELL("  node %d throws a junk copy of view %d away\n", v);
  node[i].has[v] = NOTHING;
#ifdef LEADER_FIRST
  node[i].asked[v] = false;
  node[i].wish[v] = 1
#else
  node[i].paid[v] = true;
  END_WISH(i, v)
#endif
}

proctype honest(byte i) provided(!DONE) {
  do
  :: d_step { MAY_NOTARIZE_1(i) -> TELL("  node %d notarizes view %d\n", 1); node[i].notarized[1] = true }
     progress_notarize_1: skip
  :: d_step { MAY_NULLIFY_1(i) -> TELL("  node %d nullifies view %d\n", 1); node[i].nullified = true }
     progress_nullify: skip
  :: d_step {
       MAY_PROPOSE(i) ->
       parent = (notarization[1] -> 1 : 2);
       at = 0;
       do /* what is known of view 1 counts no more */
       :: at < HONEST ->
          if
          :: parent == 2 -> node[at].has[1] = NOTHING; node[at].paid[1] = false; END_WISH(at, 1)
          :: else
          fi;
          node[at].notarized[1] = false;
          node[at].nullified = false;
          at++
       :: else -> break
       od;
       at = 0;
       TELL("  node %d proposes in view 2 on %d\n", parent);
       node[i].has[2] = TRUE_COPY
     }
     progress_propose: skip
  :: d_step { MAY_HEAR_2(i) -> node[i].has[2] = TRUE_COPY; END_WISH(i, 2) }
     progress_hear: skip
  :: d_step { MAY_NOTARIZE_2(i) -> TELL("  node %d notarizes view %d\n", 2); node[i].notarized[2] = true }
     progress_notarize_2: skip
#ifdef WISHES
  :: d_step { MAY_WISH(i, 1) -> node[i].wish[1] = 1 }
  :: d_step { MAY_WISH(i, 2) -> node[i].wish[2] = 1 }
  :: d_step { MAY_TIME(i, 1) -> node[i].wish[1] = 2 }
  :: d_step { MAY_TIME(i, 2) -> node[i].wish[2] = 2 }
#endif
  :: d_step { MAY_ASK(i, 1) -> ask(1) }
  :: d_step { MAY_ASK(i, 2) -> ask(2) }
  :: d_step { MAY_DROP(i, 1) -> drop(1) }
  :: d_step { MAY_DROP(i, 2) -> drop(2) }
  /* Certificates of honest votes alone. */
  :: d_step { !notarization[1] && COUNT(NOTARIZED, 1) >= QUORUM -> notarization[1] = true }
  :: d_step { !nullification && COUNT(NULLIFIED, 1) >= QUORUM -> nullification = true }
  :: d_step { !notarization[2] && COUNT(NOTARIZED, 2) >= QUORUM -> notarization[2] = true }
  od
}

/* --- What liars send to node i of the block of view v. */
#define MAY_GET(i, v) (node[i].has[v] == NOTHING && ((v == 1 && parent != 2) || (v == 2 && parent != 0)))
inline lie_to(i, v) {
  if
  :: v == 1 && MAY_GET(i, v) -> node[i].has[v] = TRUE_COPY; TELL_LIAR("  liar: the true copy to node %d of view %d\n", i, v)
#ifdef INVALID_BY_COPY
  :: v == 1 && MAY_GET(i, v) -> node[i].has[v] = INVALID; TELL_LIAR("  liar: a false parent view to node %d, view %d\n", i, v)
#else
  /* The parent's view stands in the parent's header: this copy is the block. */
  :: v == 1 && MAY_GET(i, v) -> node[i].has[v] = TRUE_COPY
#endif
  :: MAY_GET(i, v) && !node[i].paid[v] -> node[i].has[v] = JUNK; TELL_LIAR("  liar: a junk body to node %d, view %d\n", i, v)
#ifdef WISH_BY_VIEW
  :: node[i].wish[v] == 2 -> node[i].wish[v] = 1; TELL_LIAR("  liar: names another view to node %d for the block of view %d\n", i, v)
#endif
  :: else -> skip
  fi
}

#define CAN_LIE(i, v) ((MAY_GET(i, v) && (v == 1 || !node[i].paid[v])) || WISH_CAN_RESTART(i, v))
#ifdef WISH_BY_VIEW
#define WISH_CAN_RESTART(i, v) (node[i].wish[v] == 2)
#else
#define WISH_CAN_RESTART(i, v) false
#endif

#define LIES(i)                                             \
  :: atomic { CAN_LIE(i, 1) -> lie_to(i, 1) }               \
  :: atomic { CAN_LIE(i, 2) -> lie_to(i, 2) }

proctype byzantine() provided(!DONE) {
  do
  LIES(0)
  LIES(1)
  LIES(2)
#if HONEST > 3
  LIES(3)
  LIES(4)
#endif
  /* Votes that complete a certificate, if the liars like. */
  :: d_step { !notarization[1] && COUNT(NOTARIZED, 1) > 0 && COUNT(NOTARIZED, 1) + FAULTY >= QUORUM -> notarization[1] = true }
  :: d_step { !nullification && COUNT(NULLIFIED, 1) + FAULTY >= QUORUM -> nullification = true }
  /* A proposal that names an invented parent, which names another. */
  :: d_step {
#ifdef WISH_UNCERTAIN
       inventions <= INVENTIONS_AT_MOST -> inventions++;
#else
       inventions == 0 -> inventions++;
#endif
       bounded = (inventions <= INVENTIONS_AT_MOST);
       assert(bounded)
     }
  od
}

#define DUE_OF(i, v) (MAY_WISH(i, v) || MAY_TIME(i, v) || MAY_DROP(i, v) || MAY_ASK(i, v))
#define DUE(i)                                                                                                          \
  (MAY_NOTARIZE_1(i) || MAY_NULLIFY_1(i) || MAY_PROPOSE(i) || MAY_HEAR_2(i) || MAY_NOTARIZE_2(i) || \
   DUE_OF(i, 1) || DUE_OF(i, 2))

proctype watch() {
  !DONE && !SOME_NODE(DUE) && !(COUNT(NOTARIZED, 2) >= QUORUM && !notarization[2]) &&
      !(!nullification && COUNT(NULLIFIED, 1) >= QUORUM) &&
      !(!notarization[1] && COUNT(NOTARIZED, 1) >= QUORUM) -> assert(progress)
}

init {
  atomic {
    run watch();
    run byzantine();
    run honest(0);
    run honest(1);
    run honest(2);
#if HONEST > 3
    run honest(3);
    run honest(4);
#endif
  }
}
