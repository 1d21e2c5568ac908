/** Objects as YAML that Kubernetes reads. */
import { Document, visit } from 'yaml';

/**
 * One document an object. Kubernetes reads YAML 1.1, other tools 1.2, and what one takes for a number, a truth value or a time of day
 * the other may take for text. So such words are quoted, and all text that does not begin with a letter or a slash.
 *
 * @param comment - lines that stand above it all.
 */
export function toYaml(objects: readonly object[], comment: string): string {
  const documents = objects.map((object) => {
    const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
    visit(document, {
      Scalar(key, scalar) {
        const { value } = scalar;
        if (key !== 'key' && typeof value === 'string' && !/^[A-Za-z/]/.test(value)) scalar.type = 'QUOTE_DOUBLE';
      },
    });
    return document.toString({ lineWidth: 0, directives: false });
  });
  return `${comment.replace(/^/gm, '# ')}\n${documents.join('---\n')}`;
}
