// result: c 00000 0.5 11111 0.5
OPENQASM 2.0;
include "qelib1.inc";
gate link a, b { h b; cz a, b; h b; }
qreg q[5];
creg c[5];
u2(0, pi) q[0];
link q[0], q[1];
link q[1], q[2];
link q[2], q[3];
link q[3], q[4];
barrier q;
measure q[0] -> c[0];
measure q[1] -> c[1];
measure q[2] -> c[2];
measure q[3] -> c[3];
measure q[4] -> c[4];
