/** A model for a batch with `--upload`: the vendor gets uploads, so links need not be public. */
import type { ModelDefinition } from './model-definition.ts';
import { InputError } from './resolve-inputs.ts';

export interface UploadChoice {
  /** Undefined: as without. */
  readonly upload: boolean | undefined;
  /** The rules of downloads: http and private addresses. */
  readonly allowsPrivate: boolean;
}

/** @throws InputError for a model of share links, which are not videos */
export function withUploads(
  model: ModelDefinition,
  { upload, allowsPrivate }: UploadChoice,
): ModelDefinition {
  if (upload !== true) return model;
  if (model.link.share !== undefined)
    throw new InputError(
      `${model.id} accepts share links only, so nothing can be uploaded. Leave out --upload.`,
    );
  return { ...model, takesHttp: allowsPrivate };
}
