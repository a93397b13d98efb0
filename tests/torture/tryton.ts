import { SyncError } from '../../src/domain/errors.ts';
import type { Scene, SceneOptions } from './sandbox.ts';

/** The scene on a real Tryton. */
export const trytonScene = async (_options: SceneOptions): Promise<Scene> => {
  throw new SyncError('UNSUPPORTED', 'torture on Tryton is not laid out yet');
};
