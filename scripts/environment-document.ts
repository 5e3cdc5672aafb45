/** docs/environment.md, from the schema of the configuration. Pure. */
import { configurationSchema, defaultOf } from '../src/shared/configuration/schema.ts';
import { secretSettings } from '../src/shared/configuration/secret-texts.ts';

export function environmentDocument(): string {
  const rows = Object.entries(configurationSchema.shape).map(([name, field]) => {
    const written = defaultOf(field);
    const secret = (secretSettings as readonly string[]).includes(name) ? ' Never printed.' : '';
    return `| \`${name}\` | ${written === null ? '–' : `\`${written}\``} | ${field.description ?? ''}.${secret} |`;
  });
  return `# Configuration

Generated from \`src/shared/configuration/schema.ts\` by \`npm run docs\`; do not edit by hand.

Settings come from the environment and, below it, from a file \`.env\` in the working folder. All of them are checked at once at the start: a wrong one stops the command with exit code 2 and a message that names every wrong setting. Names that begin with \`KIE_\` and are unknown are warned about. An empty value counts as unset.

| name | default | meaning |
| --- | --- | --- |
${rows.join('\n')}

Forms: a limit is calls per time (\`20/10s\`, \`5/1m\`, \`50/500ms\`); a size is a number with a unit (\`500MB\`, \`2GiB\`); a switch is \`true\` or \`false\`.
`;
}
