/** The model of a command, with its options applied. */
import type { Session } from '../app/session.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { withUploads } from '../shared/models/uploading.ts';

export function modelOf(
  { model, upload }: { readonly model: string; readonly upload: boolean },
  { models, configuration }: Session,
): ModelDefinition {
  const allowsPrivate = configuration.ALLOW_PRIVATE_ADDRESSES;
  return withUploads(models.get(model), { upload, allowsPrivate });
}
