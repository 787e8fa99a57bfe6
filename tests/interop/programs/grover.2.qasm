// One item of four is found for sure.
// result: c 11 1.0
OPENQASM 2.0;
include "qelib1.inc";
gate oracle a, b { cz a, b; }
gate diffusion a, b { h a; h b; x a; x b; h b; cx a, b; h b; x a; x b; h a; h b; }
qreg q[2];
creg c[2];
h q;
oracle q[0], q[1];
diffusion q[0], q[1];
measure q -> c;
