/* Agreement: no two conflicting blocks are final, whatever the network, the leaders and the Byzantine keys do.
 *
 * The network may deliver everything at once, never, or anything between: a certificate is at hand as soon as it can be
 * formed, and nobody has to use it. Byzantine votes exist for everything. Every leader equivocates. Timers fire at any
 * time. Honest nodes crash as often as they like and lose what was not synced. All of this is more than can happen.
 */
#define FIRST_ALIKE 0
#define BODY_TOO(label) 0
#include "rules.pml"

/* Every final block is on the chain that ends in the highest final one. */
bool agreement = true;
byte block, chain; /* of the loop; 0 between steps */
inline check_agreement() {
  block = BLOCK(VIEWS, 1);
  do
  :: block > BASE ->
     if
     :: !CERTIFIED(VIEW_OF(block), FINALIZE(block % 2)) -> skip
     :: else ->
        if
        :: chain == 0 -> chain = block
        :: chain != 0 && chain != block -> agreement = false
        :: else
        fi
     fi;
     if
     :: chain == block -> chain = parent[block]
     :: else
     fi;
     block--
  :: else -> break
  od;
  block = 0;
  chain = 0;
  assert(agreement)
}

/* With -DBLAMELESS also: no honest key ever says what would accuse it, across restarts. */
bool blameless = true;
#define BOTH(i, v, votes) ((node[i].sent[v] & (votes)) == (votes))
#define CONTRADICTED(i, v)                                     \
  (BOTH(i, v, NOTARIZE_ANY) || BOTH(i, v, FINALIZE_ANY) ||     \
   (HAS_SENT(i, v, NULLIFY) && HAS_SENT(i, v, FINALIZE_ANY)))
inline check_blameless(i) {
#ifdef BLAMELESS
  blameless = !IN_ANY_VIEW(CONTRADICTED, i);
  assert(blameless)
#else
  skip
#endif
}

inline said(i) {
  form_certificates(QUORUM - FAULTY);
  check_agreement();
  check_blameless(i);
  sort_nodes()
}

#define STEPS_IN(v)                                            \
  :: atomic { MAY_NOTARIZE(i, v, 0) -> notarize(v, 0) }        \
  :: atomic { MAY_NOTARIZE(i, v, 1) -> notarize(v, 1) }        \
  :: atomic { MAY_NULLIFY(i, v) -> nullify(v) }                \
  :: atomic { MAY_FINALIZE(i, v, 0) -> finalize(v, 0) }        \
  :: atomic { MAY_FINALIZE(i, v, 1) -> finalize(v, 1) }

proctype honest(byte i) {
  do
  EVERY_VIEW(STEPS_IN)
  :: atomic { node[i].unsynced -> TELL("  node %d: synced in view %d, its vote leaves\n", node[i].view); d_step { sync(i); said(i) } }
  :: atomic {
       node[i].unsynced -> TELL("  node %d crashes, restarts in view %d without what was not synced\n", node[i].disk_view);
       d_step { crash(i); said(i) }
     }
  od
}

init {
  atomic {
    d_step { begin() };
    run honest(0);
    run honest(1);
    run honest(2);
#if HONEST > 3
    run honest(3);
#endif
#if HONEST > 4
    run honest(4);
#endif
  }
}
