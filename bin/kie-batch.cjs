#!/usr/bin/env node
// The installed executable. Written so that any Node can parse it: an older one gets a line that says which it needs.
'use strict';
var needed = [22, 19];
var current = process.versions.node.split('.').map(Number);
if (current[0] < needed[0] || (current[0] === needed[0] && current[1] < needed[1])) {
  console.error(`kie-batch needs Node ${needed.join('.')} or later; this is ${process.version}.`);
  process.exit(2);
}
import('../dist/cli/main.js');
